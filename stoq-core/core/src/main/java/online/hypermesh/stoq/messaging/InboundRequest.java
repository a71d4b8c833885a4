package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;

/** One request of a peer, from its head to its response. Its steps follow one another. */
final class InboundRequest implements RequestReader.Receiver {
    private static final System.Logger LOG = System.getLogger(InboundRequest.class.getName());

    /** Bytes of requests that one peer may have in memory, over all its connections. */
    private static final long MAX_BYTES_PER_PEER = 64L << 20;

    private static final Duration RESPONSE_DEADLINE = Duration.ofSeconds(30);
    private static final int JOINED_RESPONSE_BYTES = 16 * 1024;

    private final Stream stream;
    private final PeerIdentity peer;
    private final IntFunction<Optional<Service>> services;
    private final Executor workers;
    private final AtomicLong peerBytes;
    private long reserved;

    InboundRequest(
            Stream stream,
            PeerIdentity peer,
            IntFunction<Optional<Service>> services,
            Executor workers,
            AtomicLong peerBytes) {
        this.stream = stream;
        this.peer = peer;
        this.services = services;
        this.workers = workers;
        this.peerBytes = peerBytes;
    }

    @Override
    public boolean wanted(int number, int length) {
        Optional<Service> service = services.apply(number);
        if (service.isEmpty()) {
            return refuse("UNKNOWN_SERVICE", Retry.NEVER, "this node offers no service " + number);
        }
        if (peer.standing() == Standing.MEMBER_ONLY && !service.get().memberOnly()) {
            return refuse(
                    Wire.MEMBER_ONLY,
                    Retry.NEVER,
                    "only membership of " + peer.id().toShortString() + " is proven; service " + number
                            + " needs a leaf that holds; renew it");
        }
        int limit = service.get().maxRequestBytes();
        if (length < 0 || length > limit) {
            return refuse(
                    "LIMIT_EXCEEDED",
                    Retry.NEVER,
                    "the request has " + Integer.toUnsignedString(length) + " bytes, limit " + limit);
        }
        return true;
    }

    @Override
    public boolean reserve(int bytes) {
        reserved += bytes;
        if (peerBytes.addAndGet(bytes) > MAX_BYTES_PER_PEER) {
            return refuse(
                    "BUSY",
                    Retry.SAME_CALL,
                    "requests of this peer hold more than " + MAX_BYTES_PER_PEER + " bytes; wait for answers");
        }
        return true;
    }

    @Override
    public void request(int number, byte[] body) {
        Optional<Service> service = services.apply(number);
        if (service.isEmpty()) {
            refuse("UNKNOWN_SERVICE", Retry.NEVER, "this node offers no service " + number);
            abandoned();
            return;
        }
        try {
            workers.execute(() -> handle(service.get(), body));
        } catch (RejectedExecutionException e) {
            refuse("BUSY", Retry.SAME_CALL, "too many requests are waiting at this node; try again later");
            abandoned();
        }
    }

    @Override
    public void abandoned() {
        peerBytes.addAndGet(-reserved);
        reserved = 0;
    }

    private void handle(Service service, byte[] body) {
        try {
            byte status = Wire.OK;
            byte[] answer;
            try {
                answer = service.handler().handle(peer, body);
                if (answer.length > Messenger.MAX_BODY_BYTES) {
                    status = Wire.HANDLER_FAILED;
                    answer = Wire.failure(
                            "LIMIT_EXCEEDED",
                            Retry.NEVER,
                            "the response has " + answer.length + " bytes, limit " + Messenger.MAX_BODY_BYTES);
                }
            } catch (CodedException e) {
                status = Wire.HANDLER_FAILED;
                answer = Wire.failure(e.codeName(), e.retry(), String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "service " + service.number() + " failed", e);
                status = Wire.HANDLER_FAILED;
                answer = Wire.failure("INTERNAL", Retry.NEVER, "the service failed; its node's log tells more");
            }
            respond(status, answer);
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a response did not reach {0}: {1}", peer.id(), e.getMessage());
            stream.reset(Wire.RESET_GIVEN_UP);
        } finally {
            abandoned();
        }
    }

    private void respond(byte status, byte[] answer) {
        byte[] head = Wire.responseHead(status, answer.length);
        if (answer.length <= JOINED_RESPONSE_BYTES) {
            byte[] whole = Arrays.copyOf(head, head.length + answer.length);
            System.arraycopy(answer, 0, whole, head.length, answer.length);
            stream.write(whole, 0, whole.length, true, RESPONSE_DEADLINE);
        } else {
            stream.write(head, RESPONSE_DEADLINE);
            stream.write(answer, 0, answer.length, true, RESPONSE_DEADLINE);
        }
    }

    private boolean refuse(String code, Retry retry, String message) {
        byte[] answer = Wire.failure(code, retry, message);
        byte[] head = Wire.responseHead(Wire.NOT_HANDLED, answer.length);
        byte[] whole = Arrays.copyOf(head, head.length + answer.length);
        System.arraycopy(answer, 0, whole, head.length, answer.length);
        stream.offer(whole, 0, whole.length, true);
        return false;
    }
}
