package online.hypermesh.node.demo;

import org.jspecify.annotations.Nullable;

/** A step of the demonstration that did not hold. */
final class StepFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StepFailedException(String message) {
        this(message, null);
    }

    StepFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Fails unless a claim holds. */
    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new StepFailedException(otherwise);
        }
    }
}
