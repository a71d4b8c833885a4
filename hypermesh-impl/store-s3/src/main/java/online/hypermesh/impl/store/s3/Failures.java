package online.hypermesh.impl.store.s3;

import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Failures of stores in a bucket. */
final class Failures {
    private Failures() {}

    static HypermeshException storage(String message, @Nullable Throwable cause) {
        return new HypermeshException(Code.STORAGE_FAILED, Retry.WHOLE_OPERATION, message, cause);
    }

    static HypermeshException corrupted(String message) {
        return new HypermeshException(Code.CORRUPTED, Retry.NEVER, message);
    }

    static HypermeshException locked(String message) {
        return new HypermeshException(Code.LOCKED, Retry.SAME_CALL, message);
    }

    static HypermeshException closed(String what) {
        return new HypermeshException(Code.CLOSED, Retry.NEVER, what + " was closed");
    }

    static HypermeshException interrupted(String what, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new HypermeshException(Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while waiting for " + what, e);
    }
}
