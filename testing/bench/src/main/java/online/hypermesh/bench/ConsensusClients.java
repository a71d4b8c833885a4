package online.hypermesh.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.consensus.driver.LedgerSession;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.messaging.Messengers;
import org.jspecify.annotations.Nullable;

/** Closed-loop clients behind two sessions with two replicas: whoever has an outcome hands in the next operation at once. */
final class ConsensusClients implements AutoCloseable {
    /** Clients of one session share bundles. */
    static final int SESSIONS = 2;

    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** What a window of closed-loop load showed. */
    record Window(long operations, long nanos, long cpuNanos, long p50Nanos, long p99Nanos, long blocks) {
        double perSecond() {
            return operations * 1e9 / nanos;
        }

        double cpuMicrosPerOperation() {
            return cpuNanos / 1e3 / Math.max(1, operations);
        }
    }

    private final ConsensusNetwork network;
    private final List<Messenger> messengers = new ArrayList<>();
    private final List<LedgerSession> sessions = new ArrayList<>();

    ConsensusClients(ConsensusNetwork network, LedgerSession.Mode mode, int maxUnderWay, int identity) {
        this.network = network;
        for (int i = 0; i < SESSIONS; i++) {
            SigningKey key = ConsensusReplica.key(i + 5, identity);
            Messenger messenger = Messengers.over(ConsensusReplica.transport(network.genesis(), key));
            messengers.add(messenger);
            Endpoint replica = network.endpoint(i);
            messenger.route(replica);
            sessions.add(new LedgerSession(
                    network.genesis(),
                    key,
                    messenger,
                    replica.id(),
                    mode,
                    maxUnderWay,
                    System.currentTimeMillis() * 1000));
        }
    }

    /** One run of so many clients; they stop with it. */
    private final class Load {
        private final byte[] payload;
        private final long[] latencies = new long[1 << 20];
        private final AtomicInteger count = new AtomicInteger();
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean counting;
        private volatile boolean stopping;

        Load(int payloadBytes) {
            payload = new byte[payloadBytes];
        }

        void begin(int outstanding) {
            running.set(outstanding);
            for (int i = 0; i < outstanding; i++) {
                next(sessions.get(i % sessions.size()));
            }
        }

        private void next(LedgerSession session) {
            long begin = System.nanoTime();
            session.execute(ConsensusReplica.MODULE, payload).whenComplete((outcome, failed) -> {
                if (failed != null || !(outcome instanceof Outcome.Applied)) {
                    failure.compareAndSet(
                            null, failed == null ? new IllegalStateException(String.valueOf(outcome)) : failed);
                    stopping = true;
                }
                if (counting) {
                    int at = count.getAndIncrement();
                    latencies[at % latencies.length] = System.nanoTime() - begin;
                }
                if (stopping) {
                    running.decrementAndGet();
                } else {
                    next(session);
                }
            });
        }

        void end() {
            stopping = true;
            long end = System.nanoTime() + DRAIN_NANOS;
            while (running.get() > 0 && System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            Throwable failed = failure.get();
            if (failed != null || running.get() > 0) {
                throw new IllegalStateException(running.get() + " operations were not answered", failed);
            }
        }
    }

    /** Keeps so many operations outstanding, and measures after a while. */
    Window run(int outstanding, int payloadBytes, long warmMillis, long windowMillis) {
        Load load = new Load(payloadBytes);
        load.begin(outstanding);
        pass(warmMillis, load);
        List<ConsensusNetwork.Spent> before = network.spent();
        long ownBefore = Meter.cpuNanos();
        long begin = System.nanoTime();
        load.counting = true;
        pass(windowMillis, load);
        load.counting = false;
        long nanos = System.nanoTime() - begin;
        long cpu = Meter.cpuNanos() - ownBefore;
        List<ConsensusNetwork.Spent> after = network.spent();
        for (int i = 0; i < after.size(); i++) {
            cpu += after.get(i).cpuNanos() - before.get(i).cpuNanos();
        }
        load.end();
        int n = Math.min(load.count.get(), load.latencies.length);
        long[] sorted = Arrays.copyOf(load.latencies, n);
        Arrays.sort(sorted);
        return new Window(
                load.count.get(),
                nanos,
                cpu,
                n == 0 ? 0 : sorted[n / 2],
                n == 0 ? 0 : sorted[(int) (n * 0.99)],
                after.get(0).height() - before.get(0).height());
    }

    private static void pass(long millis, Load load) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long left = end - System.nanoTime();
        while (left > 0 && !load.stopping) {
            LockSupport.parkNanos(Math.min(left, 20_000_000));
            left = end - System.nanoTime();
        }
    }

    @Override
    public void close() {
        sessions.forEach(LedgerSession::close);
        messengers.forEach(Messenger::close);
    }
}
