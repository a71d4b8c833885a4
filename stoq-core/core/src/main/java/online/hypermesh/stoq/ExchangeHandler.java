package online.hypermesh.stoq;

import java.io.IOException;

/** Answers requests of one service whose bodies are streams. Called on worker threads, several at a time; may block. */
@FunctionalInterface
public interface ExchangeHandler {
    /**
     * Answers a request. The answer is complete when this method returns. A thrown {@link
     * online.hypermesh.stoq.base.error.CodedException} reaches the caller with its code, retry advice and message, even after
     * a part of the answer; anything else reaches it as an internal error without detail.
     *
     * @param exchange the request, and where its answer goes; not to be used after the return
     * @throws IOException reaches the caller as an internal error
     */
    void handle(Exchange exchange) throws IOException;
}
