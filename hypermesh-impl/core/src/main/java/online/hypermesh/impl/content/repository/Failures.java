package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Path;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/** The failures of a repository, in words. */
final class Failures {
    private Failures() {}

    static HypermeshException disk(String doing, Path file, IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.WHOLE_OPERATION,
                "cannot " + doing + " " + file + ": " + e + ". Check its permissions and the free space",
                e);
    }

    static HypermeshException corrupted(String what) {
        return new HypermeshException(Code.CORRUPTED, Retry.NEVER, what + ". Run check, then repair");
    }

    static HypermeshException corrupted(String what, Exception cause) {
        return new HypermeshException(
                Code.CORRUPTED, Retry.NEVER, what + ": " + cause.getMessage() + ". Run check, then repair", cause);
    }

    static HypermeshException missing(String what) {
        return new HypermeshException(Code.NOT_FOUND, Retry.NEVER, what);
    }

    static HypermeshException limit(String what) {
        return new HypermeshException(Code.LIMIT_EXCEEDED, Retry.NEVER, what);
    }
}
