package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Fetching finalized blocks: whom to ask and when, and which part of an answer forms a chain with a certificate at its end.
 * It checks links, not signatures, and executes nothing: what a peer cannot prove costs a bounded amount of memory here and
 * never reaches the block tree. Confined to the core's thread.
 */
final class CatchUp {
    /** Most blocks held that nothing proves yet; whoever keeps the chain in full proves the last block of every answer. */
    static final int MAX_UNPROVEN_BLOCKS = 256;
    /** Most answers over which they may be spread. */
    static final int MAX_UNPROVEN_ANSWERS = 8;
    /** Most blocks that the certificate of the last of them proves together, so that direct links lead from each to it. */
    static final int MAX_TOGETHER = 1 + Finality.MAX_DIRECT_LINKS;

    private static final long NEVER = Long.MAX_VALUE;
    private static final long GRACE_NANOS = 50_000_000L;

    /**
     * Whom to ask for which blocks.
     *
     * @param peer index of a validator
     * @param fromHeight first height wanted
     */
    record Request(int peer, long fromHeight) {}

    /**
     * Blocks of which each names the one before, with a certificate that names the last one.
     *
     * @param blocks oldest first, at least one
     * @param certificate of kind FINALIZE for the last or, where there are links, for the header they lead to; its signatures
     *     are not checked
     * @param links from the last block to the header the certificate names
     */
    record Chain(List<Block> blocks, Certificate certificate, List<Link> links) {}

    private final PeerBook peers;
    private final int self;
    private final List<FinalizedBlock> unproven = new ArrayList<>();
    private int unprovenAnswers;
    private boolean asking;
    private int asked = -1;
    private long behindSinceNanos = NEVER;
    private boolean sound = true;

    CatchUp(PeerBook peers, int self) {
        this.peers = peers;
        this.self = self;
    }

    /** Blocks held that nothing proves yet. */
    int unproven() {
        return unproven.size();
    }

    /** When {@link #next} may have something to say again; the end of time if that is not known. */
    long deadlineNanos() {
        return behindSinceNanos == NEVER || asking ? NEVER : behindSinceNanos + GRACE_NANOS;
    }

    /** Blocks up to a height became final, in whatever way. */
    void reached(long finalizedHeight) {
        behindSinceNanos = NEVER;
        if (!unproven.isEmpty() && newestUnproven() <= finalizedHeight) {
            drop();
        }
    }

    /** The next request, if one is due; it is taken as made. */
    @Nullable
    Request next(long now, long finalizedHeight, boolean bodyMissing) {
        if (peers.highestClaim(now) <= finalizedHeight && !bodyMissing) {
            behindSinceNanos = NEVER;
            if (!asking) {
                drop();
            }
            return null;
        }
        if (behindSinceNanos == NEVER) {
            behindSinceNanos = now;
        }
        if (asking || now - behindSinceNanos < GRACE_NANOS) {
            return null;
        }
        boolean goesOn = asked >= 0 && !unproven.isEmpty();
        int peer = goesOn ? asked : peers.ahead(finalizedHeight, asked, self, now);
        if (peer < 0) {
            behindSinceNanos = now;
            return null;
        }
        asking = true;
        asked = peer;
        return new Request(peer, goesOn ? newestUnproven() + 1 : finalizedHeight + 1);
    }

    private long newestUnproven() {
        return unproven.get(unproven.size() - 1).block().header().height();
    }

    /** The request was not answered, or with nothing. */
    void failed(int peer, long now) {
        asking = false;
        behindSinceNanos = now;
        drop();
        if (peer >= 0) {
            peers.forgetClaim(peer);
        }
    }

    /** The peer showed what is not so: its claims are worth nothing for a while. */
    void lied(int peer, long now) {
        failed(peer, now);
        if (peer >= 0) {
            peers.distrustClaim(peer, now);
        }
    }

    /** The answer helped; there may be more. */
    void helped(long now) {
        asking = false;
        behindSinceNanos = now - GRACE_NANOS;
    }

    private void drop() {
        unproven.clear();
        unprovenAnswers = 0;
    }

    /** Whether the answer taken in last was a chain as far as it went. */
    boolean isSound() {
        return sound;
    }

    /** Blocks of one answer that follow each other, up to the newest that is certified by name. */
    private static final class Chains {
        private final List<Chain> done = new ArrayList<>();
        private final List<Block> together = new ArrayList<>();

        @Nullable
        private FinalizedBlock last;

        /** The last of these blocks is certified; the certificate before it is not needed if it can prove those blocks too. */
        void certified(List<Block> blocks, FinalizedBlock by) {
            if (together.size() + blocks.size() > MAX_TOGETHER) {
                end();
            }
            together.addAll(blocks);
            last = by;
        }

        List<Chain> end() {
            if (last != null) {
                done.add(new Chain(List.copyOf(together), last.certificate(), last.links()));
            }
            together.clear();
            last = null;
            return done;
        }
    }

    /**
     * Takes an answer in, up to the end of the head's epoch. Blocks that name each other are proven together, at most {@link
     * #MAX_TOGETHER} by one certificate; the certificates of those before the last are not used. Blocks behind the last
     * certificate are kept, within bounds, until the next answer of the same peer.
     *
     * @param blocks what a peer calls final, consecutive
     * @param head this node's finalized head
     * @return chains that follow the head and each other
     */
    List<Chain> take(List<FinalizedBlock> blocks, BlockHeader head) {
        List<FinalizedBlock> all = new ArrayList<>(unproven);
        int answers = unprovenAnswers + 1;
        all.addAll(blocks);
        drop();
        sound = true;
        Chains chains = new Chains();
        List<FinalizedBlock> open = new ArrayList<>();
        Digest previous = head.id();
        long height = head.height();
        for (FinalizedBlock f : all) {
            BlockHeader h = f.block().header();
            if (h.height() <= head.height()) {
                continue;
            }
            if (h.height() != height + 1 || !h.previous().equals(previous) || open.size() == MAX_UNPROVEN_BLOCKS) {
                sound = false;
                return chains.end();
            }
            height = h.height();
            previous = f.block().id();
            open.add(f);
            Certificate c = f.certificate();
            BlockHeader named = Link.end(h, f.links()).orElse(null);
            if (named == null) {
                sound = false;
                return chains.end();
            }
            if (c.statement().blockId().equals(f.links().isEmpty() ? previous : named.id())) {
                if (c.statement().kind() != VoteKind.FINALIZE || c.statement().view() != named.view()) {
                    sound = false;
                    return chains.end();
                }
                chains.certified(open.stream().map(FinalizedBlock::block).toList(), f);
                open.clear();
                answers = 1;
            }
            if (h.isClosing()) {
                // What follows is of the next epoch, whose validators follow from this block.
                sound = open.isEmpty();
                return chains.end();
            }
        }
        if (answers > MAX_UNPROVEN_ANSWERS) {
            sound = false;
        } else if (!open.isEmpty()) {
            unproven.addAll(open);
            unprovenAnswers = answers;
        }
        return chains.end();
    }
}
