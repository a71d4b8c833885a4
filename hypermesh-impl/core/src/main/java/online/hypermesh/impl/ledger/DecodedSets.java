package online.hypermesh.impl.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.cbor.CborReader;

/**
 * The validator sets that were decoded last, by their bytes: decoding checks every key to be a point of the curve, which no
 * transaction may cost anew. What comes out depends on the bytes alone. Bounded; thread-safe.
 */
final class DecodedSets {
    /** Two sets of each of some networks, or states, in one process. */
    private static final int MAX_SETS = 16;

    private record Decoded(List<byte[]> pages, ValidatorSet set) {
        boolean isOf(List<byte[]> other) {
            if (pages.size() != other.size()) {
                return false;
            }
            for (int i = 0; i < other.size(); i++) {
                if (!Arrays.equals(pages.get(i), other.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The last one used first. */
    private final ArrayDeque<Decoded> sets = new ArrayDeque<>();

    /**
     * Decodes a set.
     *
     * @param pages at least one, whole
     * @return the set
     */
    ValidatorSet of(List<byte[]> pages) {
        synchronized (sets) {
            for (Iterator<Decoded> each = sets.iterator(); each.hasNext(); ) {
                Decoded d = each.next();
                if (d.isOf(pages)) {
                    each.remove();
                    sets.addFirst(d);
                    return d.set;
                }
            }
        }
        List<Validator> all = new ArrayList<>();
        for (byte[] page : pages) {
            all.addAll(ValidatorSet.readFrom(new CborReader(page)).validators());
        }
        ValidatorSet set = new ValidatorSet(all);
        synchronized (sets) {
            sets.addFirst(new Decoded(pages.stream().map(byte[]::clone).toList(), set));
            while (sets.size() > MAX_SETS) {
                sets.removeLast();
            }
        }
        return set;
    }
}
