package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Block;

/**
 * What a vote log remembers. Immutable.
 *
 * @param floor highest floor
 * @param votes own votes in the order in which they were cast
 * @param entries certificates of views entered
 * @param blocks blocks voted for
 */
public record Recovered(long floor, List<Vote> votes, List<Certificate> entries, List<Block> blocks) {
    /** Nothing. */
    public static final Recovered NOTHING = new Recovered(0, List.of(), List.of(), List.of());

    /**
     * Copies the lists.
     *
     * @param floor highest floor
     * @param votes own votes
     * @param entries certificates
     * @param blocks blocks
     */
    public Recovered {
        votes = List.copyOf(votes);
        entries = List.copyOf(entries);
        blocks = List.copyOf(blocks);
    }

    /**
     * Sorts records by kind.
     *
     * @param records in the order of the log
     * @return what they say
     */
    public static Recovered of(List<VoteRecord> records) {
        long floor = 0;
        List<Vote> votes = new ArrayList<>();
        List<Certificate> entries = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        for (VoteRecord record : records) {
            if (record instanceof VoteRecord.Floor r) {
                floor = Math.max(floor, r.view());
            } else if (record instanceof VoteRecord.Cast r) {
                votes.add(r.vote());
            } else if (record instanceof VoteRecord.Entry r) {
                entries.add(r.certificate());
            } else if (record instanceof VoteRecord.Kept r) {
                blocks.add(r.block());
            }
        }
        return new Recovered(floor, votes, entries, blocks);
    }
}
