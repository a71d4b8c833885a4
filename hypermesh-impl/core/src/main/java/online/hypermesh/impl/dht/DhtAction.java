package online.hypermesh.impl.dht;

/** What a driver does for the core. */
public sealed interface DhtAction {
    /**
     * Ask a node.
     *
     * @param call names the request when its answer or failure is reported
     * @param to whom
     * @param request what
     * @param timeoutMillis how long the core waits; reporting a failure earlier is welcome
     */
    record Call(long call, Contact to, DhtRequest request, int timeoutMillis) implements DhtAction {}

    /**
     * Tell the owner what came of an operation.
     *
     * @param operation its number
     * @param outcome what came of it
     */
    record Finished(long operation, DhtOutcome outcome) implements DhtAction {}
}
