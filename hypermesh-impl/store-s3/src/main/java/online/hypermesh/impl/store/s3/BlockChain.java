package online.hypermesh.impl.store.s3;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import online.hypermesh.api.error.HypermeshException;

/**
 * Which of the objects found make up the chain: at each height the one of the latest writer, and of its objects the longest,
 * which the others were merged into. What an earlier writer wrote without having it acknowledged may be among the rest.
 *
 * @param chosen objects of consecutive heights from 1 on
 * @param rest objects that are not needed
 */
record BlockChain(List<Segment> chosen, List<String> rest) {
    /** Objects with blocks, by their keys. */
    record Segment(String key, long first, long last, long term, long bytes) {
        int count() {
            return (int) (last - first + 1);
        }
    }

    /**
     * Chooses.
     *
     * @throws HypermeshException CORRUPTED when blocks are missing before the last
     */
    static BlockChain of(List<ObjectStore.Listed> objects, String prefix) {
        List<Segment> all = new ArrayList<>();
        for (ObjectStore.Listed object : objects) {
            long[] name = Keys.numbers(object.key().substring(prefix.length()), 3);
            if (name.length > 0 && name[0] >= 1 && name[1] >= name[0] && name[1] - name[0] < BlockObject.MAX_BLOCKS) {
                all.add(new Segment(object.key(), name[0], name[1], name[2], object.bytes()));
            }
        }
        all.sort(Comparator.comparingLong(Segment::first)
                .thenComparing(Comparator.comparingLong(Segment::term).reversed())
                .thenComparing(Comparator.comparingLong(Segment::last).reversed()));
        List<Segment> chosen = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        long height = 0;
        for (Segment segment : all) {
            if (segment.first() == height + 1) {
                chosen.add(segment);
                height = segment.last();
            } else if (segment.first() <= height) {
                rest.add(segment.key());
            } else {
                throw Failures.corrupted("blocks " + (height + 1) + ".." + (segment.first() - 1) + " below " + prefix
                        + " are missing. Delete the block storage to fetch the chain again from the other validators");
            }
        }
        return new BlockChain(List.copyOf(chosen), List.copyOf(rest));
    }
}
