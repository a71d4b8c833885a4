package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the engine and the voting key and knows nothing of the engine. It signs in epochs and, within one, in views
 * that never decrease, at most one block per view and kind, and never both a finalization and a nullification of one view. Confined to one thread.
 */
public final class SigningGuard implements VoteSigner {
    /** The bare key behind the guard. */
    @FunctionalInterface
    public interface Key {
        /**
         * Signs without asking.
         *
         * @param statement what to sign
         * @return the signature
         */
        Signature sign(VoteStatement statement);
    }

    private final Key key;
    private EpochView position = EpochView.START;
    private boolean closedView;
    private @Nullable Digest notarized;
    private @Nullable Digest finalized;
    private boolean nullified;
    private @Nullable String stopped;

    /**
     * Creates a guard without memory.
     *
     * @param key the key it guards
     */
    public SigningGuard(Key key) {
        this.key = key;
    }

    /**
     * Learns of a signature given in an earlier life.
     *
     * @param statement what was signed; statements come in the order in which they were signed
     */
    public void remember(VoteStatement statement) {
        EpochView at = position(statement);
        if (at.compareTo(position) > 0) {
            enter(at);
        }
        if (at.equals(position)) {
            note(statement);
        }
    }

    @Override
    public Signature sign(VoteStatement statement) {
        if (stopped != null) {
            throw refusal(statement, stopped);
        }
        EpochView at = position(statement);
        int order = at.compareTo(position);
        if (order < 0 || (order == 0 && closedView)) {
            throw refusal(
                    statement,
                    "views " + (closedView ? "up to " : "before ") + position.view() + " of epoch " + position.epoch()
                            + " are closed");
        }
        if (order > 0) {
            enter(at);
        }
        String conflict = conflict(statement);
        if (conflict != null) {
            throw refusal(statement, conflict);
        }
        note(statement);
        return key.sign(statement);
    }

    @Override
    public void refuseUpTo(EpochView floor) {
        if (floor.compareTo(position) >= 0) {
            enter(floor);
            closedView = true;
        }
    }

    private static EpochView position(VoteStatement statement) {
        return new EpochView(statement.epoch(), statement.view());
    }

    @Override
    public void stop(String reason) {
        if (stopped == null) {
            stopped = reason;
        }
    }

    private @Nullable String conflict(VoteStatement statement) {
        return switch (statement.kind()) {
            case NOTARIZE ->
                notarized != null && !notarized.equals(statement.blockId())
                        ? "another block was notarized in this view"
                        : null;
            case NULLIFY -> finalized != null ? "the view was voted final" : null;
            case FINALIZE ->
                nullified
                        ? "the view was nullified"
                        : finalized != null && !finalized.equals(statement.blockId())
                                ? "another block was voted final in this view"
                                : null;
        };
    }

    private void note(VoteStatement statement) {
        switch (statement.kind()) {
            case NOTARIZE -> notarized = statement.blockId();
            case NULLIFY -> nullified = true;
            case FINALIZE -> finalized = statement.blockId();
        }
    }

    private void enter(EpochView at) {
        position = at;
        closedView = false;
        notarized = null;
        finalized = null;
        nullified = false;
    }

    private static HypermeshException refusal(VoteStatement statement, String why) {
        return new HypermeshException(
                Code.SIGNING_STOPPED,
                Retry.NEVER,
                "Refused to sign " + statement.kind() + " in view " + statement.view() + " of epoch "
                        + statement.epoch() + ": " + why);
    }
}
