package online.hypermesh.stoq;

import java.io.IOException;

/** A transport failure met through {@code java.io} or a channel. Immutable. */
public final class StreamIoException extends IOException {
    private static final long serialVersionUID = 1L;

    private final StoqException failure;

    /**
     * Wraps a failure.
     *
     * @param failure what happened
     */
    public StreamIoException(StoqException failure) {
        super(failure.getMessage(), failure);
        this.failure = failure;
    }

    /**
     * What happened, with its code and retry advice.
     *
     * @return the failure
     */
    public StoqException failure() {
        return failure;
    }
}
