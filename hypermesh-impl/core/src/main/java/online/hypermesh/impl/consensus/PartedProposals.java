package online.hypermesh.impl.consensus;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Proposals whose bodies stand in batches: takes them apart, and puts them together when the batches are here. One waits per
 * view. Confined to the core's thread.
 */
final class PartedProposals {
    private final Turn turn;
    private final Seat seat;
    private final ViewBook views;
    private final Pacemaker pacemaker;
    private final BatchBook batches;
    private final int maxInlineBytes;
    private final TreeMap<Long, Message.PartedProposal> waiting = new TreeMap<>();
    private final TreeSet<Long> refused = new TreeSet<>();

    PartedProposals(Turn turn, Seat seat, ViewBook views, Pacemaker pacemaker, BatchBook batches, int maxInlineBytes) {
        this.turn = turn;
        this.seat = seat;
        this.views = views;
        this.pacemaker = pacemaker;
        this.batches = batches;
        this.maxInlineBytes = maxInlineBytes;
    }

    /**
     * What a leader sends: the whole block, or its parts when some of it stands in certified batches. Of a block proposed in an
     * earlier life the certificates may be gone; what is too large without them is not said again, its vote alone is.
     */
    void propose(Block block, Vote vote, List<Certificate> justification) {
        BodyParts parts = BodyParts.split(block.entries(), batches::place);
        if (!parts.batches().isEmpty() && parts.isAllowed(maxInlineBytes)) {
            turn.broadcast(new Message.PartedProposal(block.header(), parts, block.evidence(), vote, justification));
        } else if (fitsInline(block)) {
            turn.broadcast(new Message.Proposal(block, vote, justification));
        } else {
            turn.broadcast(new Message.Voted(vote));
        }
    }

    /** Whether a block may be proposed with all its entries inline. */
    boolean fitsInline(Block block) {
        List<BodyEntry> entries = block.entries();
        return entries.size() <= 1
                || entries.stream().mapToLong(BodyEntry::encodedLength).sum() <= maxInlineBytes;
    }

    /** What a leader may put into a block. */
    List<BodyEntry> fitting(List<BodyEntry> candidates) {
        return batches.fitting(candidates, maxInlineBytes);
    }

    /** Keeps a proposal until its batches are here, if it is the leader's first and its references hold. */
    void on(int from, Message.PartedProposal m) {
        BlockHeader h = m.header();
        if (h.epoch() != seat.epoch()
                || h.view() <= views.headView()
                || h.view() < pacemaker.view()
                || h.view() > pacemaker.view() + Proposals.PROPOSALS_AHEAD
                || seat.leader(h.view()) != from
                || !h.proposer().equals(seat.set().get(from).id())
                || waiting.containsKey(h.view())
                || refused.contains(h.view())) {
            return;
        }
        if (!m.parts().isAllowed(maxInlineBytes)
                || !m.parts().batches().stream().allMatch(batches::accepts)) {
            // no honest leader says this; checking certificates costs, so it is done once a view
            refused.add(h.view());
            return;
        }
        waiting.put(h.view(), m);
        turn.advance();
    }

    /** Hands over what is whole now, and asks for what is missing of the rest. */
    void settle(Proposals proposals) {
        long oldest = Math.max(views.headView() + 1, pacemaker.view());
        waiting.headMap(oldest).clear();
        refused.headSet(oldest).clear();
        for (Message.PartedProposal m : List.copyOf(waiting.values())) {
            boolean missing = false;
            for (AvailabilityCertificate c : m.parts().batches()) {
                if (batches.get(c.statement().batchId()) == null) {
                    batches.want(c);
                    missing = true;
                }
            }
            if (!missing) {
                waiting.remove(m.header().view());
                m.parts()
                        .assemble(batches::get)
                        .ifPresentOrElse(
                                entries -> proposals.onWhole(
                                        seat.leader(m.header().view()),
                                        new Message.Proposal(
                                                new Block(m.header(), entries, m.evidence()),
                                                m.vote(),
                                                m.justification())),
                                () -> refused.add(m.header().view()));
            }
        }
        batches.retainWanted(this::isNamed);
    }

    private boolean isNamed(Digest batch) {
        return waiting.values().stream()
                .anyMatch(m -> m.parts().batches().stream()
                        .anyMatch(c -> c.statement().batchId().equals(batch)));
    }
}
