package online.hypermesh.stoq.messaging;

import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Failures on their way to the caller. */
final class Failures {
    private Failures() {}

    /** The same failure with the stack of the thread that meets it. */
    static StoqException forCaller(@Nullable Throwable failure) {
        if (failure instanceof StoqException reason) {
            return new StoqException(reason.code(), reason.retry(), reason.getMessage(), reason, reason.remoteCode());
        }
        return unexpected(failure);
    }

    /** The failure itself, as a StoqException. */
    static StoqException of(Throwable failure) {
        return failure instanceof StoqException reason ? reason : unexpected(failure);
    }

    static StoqException unexpected(@Nullable Throwable failure) {
        return new StoqException(
                StoqException.Code.HANDSHAKE_FAILED, Retry.SAME_CALL, "connecting failed: " + failure, failure);
    }

    /** What the peer meant when it reset a request's stream. */
    static StoqException ofReset(StoqException reason) {
        boolean reset =
                reason.code() == StoqException.Code.STREAM_RESET || reason.code() == StoqException.Code.STREAM_STOPPED;
        if (reset && Long.toString(Wire.RESET_EXPIRED).equals(reason.remoteCode())) {
            return new StoqException(
                    StoqException.Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "the peer gave the request up at its deadline, or after the time it allows",
                    reason);
        }
        if (reset && Long.toString(Wire.RESET_MALFORMED).equals(reason.remoteCode())) {
            return new StoqException(
                    StoqException.Code.MALFORMED_FRAME, Retry.NEVER, "the peer could not read the request", reason);
        }
        return reason;
    }

    /** The connection was lost after the request had left. */
    static StoqException lost(StoqException reason) {
        return new StoqException(
                reason.code(),
                Retry.WHOLE_OPERATION,
                "the connection was lost before the answer, and the peer may have handled the request: "
                        + reason.getMessage(),
                reason,
                reason.remoteCode());
    }

    static boolean isLoss(StoqException reason) {
        return reason.code() == StoqException.Code.CLOSED || reason.code() == StoqException.Code.UNREACHABLE;
    }
}
