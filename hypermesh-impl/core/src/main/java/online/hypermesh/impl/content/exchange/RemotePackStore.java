package online.hypermesh.impl.content.exchange;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.PackSink;
import online.hypermesh.impl.content.PackSource;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A client's view of the packs at a node. Uploads run several at a time; a failed one is reported by the next
 * {@link #put} or {@link #flush}, once. Thread-safe.
 */
public final class RemotePackStore implements PackSink, PackSource, AutoCloseable {
    private static final long BUSY_PAUSE_MILLIS = 50;

    private final Messenger messenger;
    private final NodeId node;
    private final ExchangeSettings settings;
    private final Semaphore window;
    private final BoundedWorkers workers;
    private final AtomicReference<@Nullable CodedException> failure = new AtomicReference<>();

    /**
     * Creates a client.
     *
     * @param messenger reaches the node; not closed
     * @param node the node
     * @param settings windows and deadlines
     */
    public RemotePackStore(Messenger messenger, NodeId node, ExchangeSettings settings) {
        this.messenger = messenger;
        this.node = node;
        this.settings = settings;
        this.window = new Semaphore(settings.window());
        this.workers = new BoundedWorkers("pack-upload", settings.window(), settings.window());
    }

    /**
     * Starts an upload; waits while the window is full.
     *
     * @param pack its bytes, not changed afterwards
     * @return its id
     * @throws CodedException the failure of an earlier upload, or TIMEOUT when the window stays full
     */
    @Override
    public Digest put(byte[] pack) {
        rethrow();
        Digest id = Digest.sha256(pack);
        acquire(1);
        boolean started = workers.offer(() -> {
            try {
                upload(id, pack);
            } finally {
                window.release();
            }
        });
        if (!started) {
            window.release();
            throw new HypermeshException(Code.CLOSED, Retry.NEVER, "This pack store was closed");
        }
        return id;
    }

    @Override
    public void flush() {
        acquire(settings.window());
        window.release(settings.window());
        rethrow();
    }

    @Override
    public Optional<byte[]> get(Digest id) {
        byte[] request = ExchangeMessages.idRequest(ExchangeMessages.CLIENT, id);
        return ExchangeMessages.readFound(request(PackExchange.GET_SERVICE, request, settings.packDeadline()));
    }

    /**
     * Has stored packs attested.
     *
     * @param packListId id of the pack list, stored before
     * @return enough receipts to register the content
     * @throws CodedException an earlier upload's failure, or the node's, such as QUORUM_UNREACHABLE
     */
    public List<StorageReceipt> commit(Digest packListId) {
        flush();
        byte[] request = ExchangeMessages.idRequest(ExchangeMessages.CLIENT, packListId);
        Duration deadline = settings.commitDeadline().plus(settings.packDeadline());
        long end = System.nanoTime() + deadline.toNanos();
        while (true) {
            try {
                return ExchangeMessages.readReceipts(request(PackExchange.COMMIT_SERVICE, request, deadline));
            } catch (HypermeshException e) {
                if (e.code() != Code.BUSY || System.nanoTime() > end) {
                    throw e;
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(BUSY_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                throw PackExchange.interrupted(e);
            }
        }
    }

    /** Gives up uploads under way; idempotent. */
    @Override
    public void close() {
        workers.close();
    }

    private void upload(Digest id, byte[] pack) {
        byte[] message = ExchangeMessages.put(ExchangeMessages.CLIENT, pack);
        try {
            Digest stored;
            try {
                stored = ExchangeMessages.readStored(
                        messenger.request(node, PackExchange.PUT_SERVICE, message, settings.packDeadline()));
            } catch (StoqException e) {
                if (e.retry() == Retry.NEVER || ExchangeMessages.kernel(e) != e) {
                    throw e;
                }
                stored = ExchangeMessages.readStored(
                        messenger.request(node, PackExchange.PUT_SERVICE, message, settings.packDeadline()));
            }
            if (!stored.equals(id)) {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.WHOLE_OPERATION,
                        "Node " + node.toShortString() + " stored pack " + id + " as " + stored);
            }
        } catch (StoqException e) {
            failure.compareAndSet(null, ExchangeMessages.kernel(e));
        } catch (CodedException e) {
            failure.compareAndSet(null, e);
        }
    }

    private byte[] request(int service, byte[] body, Duration deadline) {
        try {
            return messenger.request(node, service, body, deadline);
        } catch (StoqException e) {
            throw ExchangeMessages.kernel(e);
        }
    }

    private void acquire(int places) {
        try {
            long wait = settings.packDeadline().toNanos() * 2;
            if (!window.tryAcquire(places, wait, TimeUnit.NANOSECONDS)) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.WHOLE_OPERATION,
                        "Uploads to node " + node.toShortString() + " did not finish within "
                                + TimeUnit.NANOSECONDS.toMillis(wait) + " ms; use another node");
            }
        } catch (InterruptedException e) {
            throw PackExchange.interrupted(e);
        }
    }

    private void rethrow() {
        CodedException failed = failure.getAndSet(null);
        if (failed != null) {
            throw failed;
        }
    }
}
