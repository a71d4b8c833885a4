package online.hypermesh.impl.dht.driver;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import online.hypermesh.api.dht.Dht;
import online.hypermesh.api.dht.DhtKeys;
import online.hypermesh.api.dht.DhtMode;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.dht.Contact;
import online.hypermesh.impl.dht.DhtAction;
import online.hypermesh.impl.dht.DhtCodec;
import online.hypermesh.impl.dht.DhtCore;
import online.hypermesh.impl.dht.DhtOperation;
import online.hypermesh.impl.dht.DhtOutcome;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * The distributed hash table as service {@value #SERVICE} of a messenger, which proves who is who. Closing it leaves the
 * messenger open. Thread-safe.
 */
public final class MessengerDht implements Dht {
    /** The messenger's service. */
    public static final int SERVICE = 40;

    private static final int MAX_REPUBLISHED = 65_536;

    private final Messenger messenger;
    private final DhtSettings settings;
    private final Optional<NodeAddress> told;
    private final OwnRoutes routes;
    private final DhtCore core;
    private final ReentrantLock lock = new ReentrantLock();
    private final ScheduledThreadPoolExecutor executor;
    private final Map<Long, CompletableFuture<DhtOutcome>> waiting = new ConcurrentHashMap<>();
    private final long startedMillis = System.currentTimeMillis();
    private final long startedNanos = System.nanoTime();
    private long nextOperation;
    private long wakeAtMillis = Long.MAX_VALUE;
    private volatile boolean closed;

    /**
     * Takes part; {@link #join} makes it known.
     *
     * @param messenger carries requests; stays the caller's
     * @param settings how it takes part; the network must be the messenger's
     * @param mode what it does for others
     * @param address where others reach this node; told to them by a server only
     * @param random source of the seed
     */
    public MessengerDht(
            Messenger messenger, DhtSettings settings, DhtMode mode, NodeAddress address, SecureRandom random) {
        this.messenger = messenger;
        this.settings = settings;
        this.told = mode == DhtMode.SERVER ? Optional.of(address) : Optional.empty();
        this.routes = new OwnRoutes(messenger);
        this.core = new DhtCore(settings, new Contact(messenger.self(), address), mode, now(), random.nextLong());
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "dht-" + messenger.self().toShortString());
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        messenger.serve(SERVICE, DhtCodec.MAX_REQUEST_BYTES, false, this::answer);
        drive(time -> List.of());
    }

    private long now() {
        return startedMillis + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
    }

    // ---------------------------------------------------------------- around the core

    /** One step of the core, then what it wants done. */
    private void drive(LongFunction<List<DhtAction>> step) {
        List<DhtAction> actions;
        long delay;
        lock.lock();
        try {
            actions = step.apply(now());
            delay = armed();
        } finally {
            lock.unlock();
        }
        arm(delay);
        actions.forEach(this::perform);
    }

    /** Milliseconds until the core must be woken earlier than planned, or -1. */
    private long armed() {
        long next = core.nextTickMillis();
        if (next >= wakeAtMillis) {
            return -1;
        }
        wakeAtMillis = next;
        return Math.max(0, next - now());
    }

    private void arm(long delayMillis) {
        if (delayMillis >= 0) {
            later(this::tick, delayMillis);
        }
    }

    private void later(Runnable task, long delayMillis) {
        try {
            executor.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            if (!closed) {
                throw e;
            }
        }
    }

    private void tick() {
        drive(time -> {
            if (wakeAtMillis <= time) {
                wakeAtMillis = Long.MAX_VALUE;
            }
            return core.onTick(time);
        });
    }

    private byte[] answer(PeerIdentity peer, byte[] body) {
        requireOpen();
        DhtCodec.Query query = DhtCodec.decodeQuery(body);
        DhtCore.Answer answer;
        long delay;
        lock.lock();
        try {
            answer = core.onRequest(now(), peer.id(), query.address(), query.request());
            delay = armed();
        } finally {
            lock.unlock();
        }
        arm(delay);
        answer.actions().forEach(this::perform);
        return DhtCodec.encode(answer.response());
    }

    private void perform(DhtAction action) {
        if (action instanceof DhtAction.Call call) {
            ask(call);
        } else if (action instanceof DhtAction.Finished finished) {
            CompletableFuture<DhtOutcome> future = waiting.remove(finished.operation());
            if (future != null) {
                future.complete(finished.outcome());
            }
        }
    }

    private void ask(DhtAction.Call call) {
        try {
            routes.teach(call.to());
            byte[] body = DhtCodec.encode(new DhtCodec.Query(told, call.request()));
            RequestOptions options = RequestOptions.within(Duration.ofMillis(call.timeoutMillis()))
                    .withMaxAnswerBytes(DhtCodec.MAX_RESPONSE_BYTES);
            messenger
                    .ask(call.to().id(), SERVICE, body, options)
                    .whenComplete((answer, failure) -> later(() -> answered(call, answer), 0));
        } catch (CodedException e) {
            later(() -> answered(call, null), 0);
        }
    }

    private void answered(DhtAction.Call call, byte @Nullable [] answer) {
        drive(time -> {
            if (answer == null) {
                return core.onFailure(time, call.call());
            }
            try {
                return core.onResponse(time, call.call(), DhtCodec.decodeResponse(answer));
            } catch (CborException e) {
                return core.onFailure(time, call.call());
            }
        });
    }

    // ---------------------------------------------------------------- for the owner

    private DhtOutcome run(DhtOperation wish, Duration deadline) {
        requireOpen();
        CompletableFuture<DhtOutcome> future = new CompletableFuture<>();
        long[] operation = new long[1];
        drive(time -> {
            operation[0] = nextOperation++;
            waiting.put(operation[0], future);
            return core.start(time, operation[0], wish);
        });
        if (closed) {
            future.completeExceptionally(closedError());
        }
        try {
            DhtOutcome outcome = future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
            if (outcome instanceof DhtOutcome.Busy) {
                throw new HypermeshException(
                        Code.BUSY,
                        Retry.SAME_CALL,
                        DhtCore.MAX_OPERATIONS + " operations of the DHT are under way already; try later");
            }
            return outcome;
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "The DHT took longer than " + deadline + " with " + knownNodes()
                            + " nodes known. Check that this node has joined, or allow more time",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(
                    Code.TIMEOUT, Retry.WHOLE_OPERATION, "Interrupted while waiting for the DHT", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException known) {
                throw known;
            }
            throw new IllegalStateException("an operation of the DHT failed in an unknown way", e);
        } finally {
            waiting.remove(operation[0]);
        }
    }

    private int knownNodes() {
        lock.lock();
        try {
            return core.knownNodes();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int join(NodeId node, NodeAddress address, Duration deadline) {
        run(new DhtOperation.Join(new Contact(node, address)), deadline);
        return knownNodes();
    }

    @Override
    public int put(SignedRecord record, OptionalLong replaces, Duration deadline) {
        if (!record.isAuthentic(settings.network())) {
            throw new HypermeshException(
                    Code.INVALID_SIGNATURE,
                    Retry.NEVER,
                    record + " was not signed by its publisher for this network; sign it anew");
        }
        DhtOutcome.Stored stored = (DhtOutcome.Stored) run(new DhtOperation.Put(record, replaces.orElse(-1)), deadline);
        if (stored.conflict()) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.WHOLE_OPERATION,
                    "A node has sequence number " + stored.newest() + " of " + record + " and refuses it; "
                            + stored.accepted() + " nodes took it. Read the newest and build on that");
        }
        return requireTaken(stored, record);
    }

    private static int requireTaken(DhtOutcome.Stored stored, Object record) {
        if (stored.accepted() == 0) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.WHOLE_OPERATION,
                    "No node took " + record + ". Check that this node has joined and that the record ends later");
        }
        return stored.accepted();
    }

    @Override
    public Optional<SignedRecord> get(VerifyKey publisher, byte[] salt, Duration deadline) {
        Digest key = DhtKeys.ofRecord(publisher, salt);
        return ((DhtOutcome.Record) run(new DhtOperation.Get(key), deadline)).record();
    }

    @Override
    public int provide(ProviderRecord record, Duration deadline) {
        if (!record.isAuthentic(settings.network())) {
            throw new HypermeshException(
                    Code.INVALID_SIGNATURE,
                    Retry.NEVER,
                    "The statement about " + record.subject().toShortHex() + " was not signed for this network");
        }
        return requireTaken(
                (DhtOutcome.Stored) run(new DhtOperation.Provide(record), deadline),
                "the statement about " + record.subject().toShortHex());
    }

    @Override
    public List<ProviderRecord> providers(Digest subject, int max, Duration deadline) {
        if (max < 1 || max > 64) {
            throw new IllegalArgumentException("max must be in 1..64, was " + max);
        }
        return ((DhtOutcome.Providers) run(new DhtOperation.FindProviders(subject, max), deadline)).providers();
    }

    @Override
    public int republish(List<ProviderRecord> records, Duration deadline) {
        if (records.size() > MAX_REPUBLISHED) {
            throw new IllegalArgumentException(
                    "at most " + MAX_REPUBLISHED + " statements at a time, got " + records.size());
        }
        return ((DhtOutcome.Stored) run(new DhtOperation.Republish(records), deadline)).accepted();
    }

    @Override
    public long estimatedSize() {
        lock.lock();
        try {
            return Math.max(1, Math.round(core.estimatedNodes()));
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw closedError();
        }
    }

    private static HypermeshException closedError() {
        return new HypermeshException(Code.CLOSED, Retry.NEVER, "The DHT was closed");
    }

    @Override
    public void close() {
        closed = true;
        executor.shutdownNow();
        waiting.values().forEach(f -> f.completeExceptionally(closedError()));
        waiting.clear();
    }
}
