package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What a vote log remembers. Immutable.
 *
 * @param floor highest floor
 * @param rejoinOwed the epoch from which on it has to rejoin before it votes; -1 when it need not
 * @param votes own votes in the order in which they were cast
 * @param entries certificates of views entered
 * @param blocks blocks voted for
 * @param batches batches promised and not let go
 */
public record Recovered(
        EpochView floor,
        long rejoinOwed,
        List<Vote> votes,
        List<Certificate> entries,
        List<Block> blocks,
        List<Batch> batches) {
    /** Nothing. */
    public static final Recovered NOTHING =
            new Recovered(EpochView.START, -1, List.of(), List.of(), List.of(), List.of());

    /**
     * Copies the lists.
     *
     * @param floor highest floor
     * @param rejoinOwed an epoch or -1
     * @param votes own votes
     * @param entries certificates
     * @param blocks blocks
     * @param batches batches
     */
    public Recovered {
        votes = List.copyOf(votes);
        entries = List.copyOf(entries);
        blocks = List.copyOf(blocks);
        batches = List.copyOf(batches);
    }

    /**
     * Sorts records by kind.
     *
     * @param records in the order of the log
     * @return what they say
     */
    public static Recovered of(List<VoteRecord> records) {
        EpochView floor = EpochView.START;
        long owed = -1;
        List<Vote> votes = new ArrayList<>();
        List<Certificate> entries = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        Map<Digest, Batch> batches = new LinkedHashMap<>();
        for (VoteRecord record : records) {
            if (record instanceof VoteRecord.Floor r) {
                floor = floor.max(r.position());
                owed = r.position().epoch() >= owed ? -1 : owed;
            } else if (record instanceof VoteRecord.RejoinOwed r) {
                owed = r.epoch();
            } else if (record instanceof VoteRecord.Cast r) {
                votes.add(r.vote());
            } else if (record instanceof VoteRecord.Entry r) {
                entries.add(r.certificate());
            } else if (record instanceof VoteRecord.Kept r) {
                blocks.add(r.block());
            } else if (record instanceof VoteRecord.Held r) {
                batches.put(r.batch().id(), r.batch());
            } else if (record instanceof VoteRecord.Let r) {
                r.batches().forEach(batches::remove);
            }
        }
        return new Recovered(floor, owed, votes, entries, blocks, List.copyOf(batches.values()));
    }

    /**
     * Whether a validator has to rejoin before it votes in an epoch, though its log is there.
     *
     * @param epoch the epoch
     * @return true if so
     */
    boolean owesRejoinIn(long epoch) {
        return rejoinOwed >= 0 && epoch >= rejoinOwed;
    }

    /**
     * What concerns one epoch. A validator that voted in a later one, and lost its blocks since, votes no more in this one.
     *
     * @param epoch the epoch
     * @return its votes, certificates and blocks, and its floor in that epoch
     */
    Recovered of(long epoch) {
        long newest = Math.max(
                floor.epoch(),
                votes.stream().mapToLong(v -> v.statement().epoch()).max().orElse(0));
        long view = newest > epoch ? Long.MAX_VALUE : floor.epoch() == epoch ? floor.view() : 0;
        return new Recovered(
                new EpochView(epoch, view),
                rejoinOwed,
                votes.stream().filter(v -> v.statement().epoch() == epoch).toList(),
                entries.stream().filter(c -> c.statement().epoch() == epoch).toList(),
                blocks.stream().filter(b -> b.header().epoch() == epoch).toList(),
                batches.stream().filter(b -> b.epoch() == epoch).toList());
    }
}
