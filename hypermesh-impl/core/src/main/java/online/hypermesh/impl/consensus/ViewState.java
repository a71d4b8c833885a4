package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/** Votes, certificates and the proposal of one view: one slot per validator and kind. Confined to the core's thread. */
final class ViewState {
    final long view;
    private final @Nullable Vote[][] votes;
    private final BitSet[] verified = {new BitSet(), new BitSet(), new BitSet()};
    private final BitSet reported = new BitSet();
    private final @Nullable Certificate[] certificates = new Certificate[3];

    /** The leader's first proposal of this view. */
    @Nullable
    Block proposal;

    @Nullable
    Digest proposalId;
    /** The proposal was checked and holds. */
    boolean accepted;
    /** The proposal was checked and does not hold. */
    boolean refused;

    ViewState(long view, int validators) {
        this.view = view;
        this.votes = new Vote[3][validators];
    }

    @Nullable
    Vote vote(VoteKind kind, int validator) {
        return votes[kind.ordinal()][validator];
    }

    boolean isVerified(Vote vote) {
        return verified[vote.kind().ordinal()].get(vote.validator())
                && vote.equals(vote(vote.kind(), vote.validator()));
    }

    void put(Vote vote, boolean isVerified) {
        votes[vote.kind().ordinal()][vote.validator()] = vote;
        verified[vote.kind().ordinal()].set(vote.validator(), isVerified);
    }

    void verified(Vote vote) {
        verified[vote.kind().ordinal()].set(vote.validator());
    }

    void drop(Vote vote) {
        votes[vote.kind().ordinal()][vote.validator()] = null;
        verified[vote.kind().ordinal()].clear(vote.validator());
    }

    /** Whether a validator's contradiction in this view was reported. */
    boolean isReported(int validator) {
        return reported.get(validator);
    }

    void report(int validator) {
        reported.set(validator);
    }

    /** A held vote of the same validator that contradicts a statement. */
    @Nullable
    Vote contradicting(int validator, VoteStatement statement) {
        for (VoteKind kind : VoteKind.values()) {
            Vote held = vote(kind, validator);
            if (held != null && held.statement().contradicts(statement)) {
                return held;
            }
        }
        return null;
    }

    @Nullable
    Certificate certificate(VoteKind kind) {
        return certificates[kind.ordinal()];
    }

    void put(Certificate certificate) {
        certificates[certificate.statement().kind().ordinal()] = certificate;
    }

    List<Certificate> certificates() {
        List<Certificate> found = new ArrayList<>(2);
        for (Certificate c : certificates) {
            if (c != null) {
                found.add(c);
            }
        }
        return found;
    }

    /** The certificate that shows which block this view notarized. */
    Optional<Certificate> notarization() {
        Certificate c = certificate(VoteKind.NOTARIZE);
        return Optional.ofNullable(c != null ? c : certificate(VoteKind.FINALIZE));
    }

    boolean nullified() {
        return certificate(VoteKind.NULLIFY) != null;
    }

    /** Any certificate that ends this view. */
    Optional<Certificate> exit() {
        Optional<Certificate> c = notarization();
        return c.isPresent() ? c : Optional.ofNullable(certificate(VoteKind.NULLIFY));
    }

    long stakeFor(VoteStatement statement, ValidatorSet set) {
        long stake = 0;
        @Nullable Vote[] slots = votes[statement.kind().ordinal()];
        for (int i = 0; i < slots.length; i++) {
            Vote v = slots[i];
            if (v != null && v.statement().blockId().equals(statement.blockId())) {
                stake += set.get(i).stake();
            }
        }
        return stake;
    }

    /**
     * Builds the certificate of a statement, verifying only as many votes as a quorum needs; drops forged ones.
     *
     * @param forger told of each validator whose vote was forged
     */
    Optional<Certificate> certify(
            VoteStatement statement, ValidatorSet set, VoteVerifier verifier, IntConsumer forger) {
        if (!set.isQuorum(stakeFor(statement, set))) {
            return Optional.empty();
        }
        @Nullable Vote[] slots = votes[statement.kind().ordinal()];
        BitSet sure = verified[statement.kind().ordinal()];
        BitSet chosen = new BitSet();
        long stake = 0;
        for (int pass = 0; pass < 2 && !set.isQuorum(stake); pass++) {
            for (int i = 0; i < slots.length && !set.isQuorum(stake); i++) {
                Vote v = slots[i];
                if (v == null || chosen.get(i) || !v.statement().blockId().equals(statement.blockId())) {
                    continue;
                }
                if (pass == 1 && !sure.get(i)) {
                    if (!verifier.holds(i, v.statement(), v.signature())) {
                        drop(v);
                        forger.accept(i);
                        continue;
                    }
                    sure.set(i);
                }
                if (sure.get(i)) {
                    chosen.set(i);
                    stake += set.get(i).stake();
                }
            }
        }
        if (!set.isQuorum(stake)) {
            return Optional.empty();
        }
        List<Certificate.IndexedSignature> signatures = new ArrayList<>(chosen.cardinality());
        for (int i = chosen.nextSetBit(0); i >= 0; i = chosen.nextSetBit(i + 1)) {
            Vote v = slots[i];
            if (v != null) {
                signatures.add(new Certificate.IndexedSignature(i, v.signature()));
            }
        }
        return Optional.of(new Certificate(statement, signatures));
    }
}
