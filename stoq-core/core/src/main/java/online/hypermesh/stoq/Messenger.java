package online.hypermesh.stoq;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Request/response and one-way messages among nodes known by identity. Connections are made when needed, kept, and made
 * again after a loss. Thread-safe.
 */
public interface Messenger extends AutoCloseable {
    /** Largest request or response body in bytes where bodies are arrays; streamed ones have no such limit. */
    int MAX_BODY_BYTES = 8 * 1024 * 1024;

    /**
     * This node's identity.
     *
     * @return the identity
     */
    NodeId self();

    /**
     * Offers a service. Peers of standing {@link Standing#MEMBER_ONLY} reach it only when {@code memberOnly} is true.
     *
     * @param service number of the service, 1..65535
     * @param maxRequestBytes largest body accepted, up to {@link #MAX_BODY_BYTES}
     * @param memberOnly whether a peer authenticated by membership alone may ask
     * @param handler answers
     */
    void serve(int service, int maxRequestBytes, boolean memberOnly, RequestHandler handler);

    /**
     * Offers a service whose requests and answers are streams. Each request that is under way occupies a thread; a peer has
     * a few of them at a time, further requests wait, and beyond that they are refused as OVERLOADED.
     *
     * @param service number of the service, 1..65535
     * @param limits sizes, time and standing
     * @param handler answers
     */
    void serve(int service, ServiceLimits limits, ExchangeHandler handler);

    /**
     * Offers a service that also takes the messages of {@link #send}; to other services nobody can send. Messages of all
     * peers share a few threads, so the handler must not wait.
     *
     * @param service number of the service, 1..65535
     * @param maxBytes largest body accepted, up to {@link #MAX_BODY_BYTES}
     * @param memberOnly whether a peer authenticated by membership alone may send
     * @param handler takes messages, and answers requests
     */
    default void receive(int service, int maxBytes, boolean memberOnly, RequestHandler handler) {
        serve(service, maxBytes, memberOnly, handler);
    }

    /**
     * Sets or replaces the address of a node.
     *
     * @param endpoint where it is
     */
    void route(Endpoint endpoint);

    /**
     * Sets or replaces the addresses of a node. They are tried as RFC 8305 does it, the best first.
     *
     * @param peer its identity
     * @param addresses resolved IPv6 addresses, 1..16
     */
    void route(NodeId peer, List<InetSocketAddress> addresses);

    /**
     * The address known for a node; the first of several.
     *
     * @param peer its identity
     * @return its endpoint, if known
     */
    Optional<Endpoint> routeTo(NodeId peer);

    /**
     * Asks a peer and waits for its answer. The request is sent at most once: when the connection is lost before the answer,
     * the failure says to repeat the whole operation.
     *
     * @param peer whom
     * @param service which service
     * @param body the request
     * @param deadline longest wait, connecting included
     * @return the response
     * @throws StoqException NO_ROUTE, UNREACHABLE, HANDSHAKE_FAILED, TIMEOUT, REMOTE_FAILURE, OVERLOADED and others
     */
    default byte[] request(NodeId peer, int service, byte[] body, Duration deadline) {
        return request(peer, service, body, RequestOptions.within(deadline));
    }

    /**
     * Asks a peer and waits for its answer.
     *
     * @param peer whom
     * @param service which service
     * @param body the request
     * @param options deadline, repeatability and largest answer
     * @return the response
     * @throws StoqException NO_ROUTE, UNREACHABLE, HANDSHAKE_FAILED, TIMEOUT, REMOTE_FAILURE, OVERLOADED and others
     */
    byte[] request(NodeId peer, int service, byte[] body, RequestOptions options);

    /**
     * Asks a peer without waiting, so that many requests can be under way.
     *
     * @param peer whom
     * @param service which service
     * @param body the request; not to be changed until the answer is there
     * @param options deadline, repeatability and largest answer
     * @return the response, or a StoqException as {@link #request}; completed on an engine thread, so that what depends on it
     *     must not block; cancelling it tells the peer
     */
    CompletableFuture<byte[]> ask(NodeId peer, int service, byte[] body, RequestOptions options);

    /**
     * Asks a peer with bodies of any size. Waits for the connection only. A call is sent at most once.
     *
     * @param peer whom
     * @param service which service
     * @param options deadline of the whole call and largest answer
     * @return the call; to be closed
     * @throws StoqException NO_ROUTE, UNREACHABLE, HANDSHAKE_FAILED, TIMEOUT, OVERLOADED and others
     */
    Call call(NodeId peer, int service, RequestOptions options);

    /**
     * Sends without waiting and without an answer; messages to one peer and service arrive in order or not at all. Never
     * blocks: when the peer is away or its queue (bounded in messages and bytes) is full, the message is dropped.
     *
     * @param peer whom
     * @param service which service, offered by {@link #receive}; its handler's response is discarded
     * @param body the message
     * @return whether it was queued
     */
    boolean send(NodeId peer, int service, byte[] body);

    /**
     * The peer behind the newest connection to a node, if one is open.
     *
     * @param peer its identity
     * @return what it proved
     */
    Optional<PeerIdentity> connected(NodeId peer);

    /**
     * Retires every connection, so that the next requests and messages authenticate anew with the credentials of the moment;
     * requests under way have a few seconds to end.
     */
    void reconnect();

    /**
     * Takes no new work, waits until requests under way in both directions have ended, and closes.
     *
     * @param longest how long they have
     */
    void close(Duration longest);

    /** Closes connections and the transport beneath at once; idempotent. */
    @Override
    void close();
}
