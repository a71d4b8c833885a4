package online.hypermesh.stoq.messaging;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a node that has several addresses, as RFC 8305 does it: they are tried one after the other with a small delay,
 * and the first over which the hello is complete wins; the others are given up. Thread-safe.
 */
public final class HappyEyeballs {
    /** Most addresses of one node. */
    public static final int MAX_ADDRESSES = 16;

    /** An attempt that fails may bring the next delay forward; it is noticed this soon. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private HappyEyeballs() {}

    /**
     * Connects over the fastest of several addresses.
     *
     * @param transport connects
     * @param peer the identity that must answer
     * @param addresses resolved IPv6 addresses, 1..{@link #MAX_ADDRESSES}, the preferred first
     * @param times delays
     * @param deadline longest wait
     * @return the connection
     * @throws StoqException if none leads to the peer: one failure that names each address and its reason, with the common
     *     code of all or UNREACHABLE; INTERRUPTED
     */
    public static Connection connect(
            Transport transport, NodeId peer, List<InetSocketAddress> addresses, RaceTimes times, Duration deadline) {
        if (addresses.isEmpty() || addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "a node has 1.." + MAX_ADDRESSES + " addresses, was " + addresses.size());
        }
        List<Endpoint> endpoints =
                addresses.stream().map(address -> new Endpoint(address, peer)).toList();
        if (endpoints.size() == 1) {
            Duration attempt = deadline.compareTo(times.attemptTimeout()) < 0 ? deadline : times.attemptTimeout();
            return transport.connect(endpoints.get(0), attempt);
        }
        return new Race(transport, endpoints, times).run(System.nanoTime() + deadline.toNanos());
    }

    /** One race. Thread-safe. */
    private static final class Race {
        private final Transport transport;
        private final List<Endpoint> endpoints;
        private final RaceTimes times;
        private final RaceCore<Connection> core;
        private final @Nullable Thread[] attempts;
        private final CompletableFuture<Connection> result = new CompletableFuture<>();
        private long wakeAtNanos;

        Race(Transport transport, List<Endpoint> endpoints, RaceTimes times) {
            this.transport = transport;
            this.endpoints = endpoints;
            this.times = times;
            List<String> names =
                    endpoints.stream().map(each -> each.address().toString()).toList();
            core = new RaceCore<>(names, times.attemptDelay().toNanos());
            attempts = new Thread[endpoints.size()];
        }

        Connection run(long endNanos) {
            perform(decide(c -> {
                wakeAtNanos = endNanos;
                return c.start(System.nanoTime());
            }));
            try {
                while (true) {
                    long now = System.nanoTime();
                    try {
                        long left = Math.min(wake(endNanos) - now, TICK_NANOS);
                        return result.get(Math.max(0, left), TimeUnit.NANOSECONDS);
                    } catch (TimeoutException e) {
                        boolean late = System.nanoTime() - endNanos >= 0;
                        perform(decide(c -> late ? c.onGivenUp() : tick(c, endNanos)));
                    }
                }
            } catch (InterruptedException e) {
                perform(decide(RaceCore::onGivenUp));
                result.thenAccept(Connection::close);
                Thread.currentThread().interrupt();
                throw new StoqException(
                        StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "interrupted while connecting", e);
            } catch (ExecutionException e) {
                throw Failures.forCaller(e.getCause());
            }
        }

        private List<RaceCore.Action<Connection>> tick(RaceCore<Connection> c, long endNanos) {
            long now = System.nanoTime();
            if (now - wakeAtNanos < 0) {
                return List.of();
            }
            wakeAtNanos = endNanos;
            return c.onTick(now);
        }

        private interface Decision {
            List<RaceCore.Action<Connection>> of(RaceCore<Connection> core);
        }

        private synchronized List<RaceCore.Action<Connection>> decide(Decision decision) {
            List<RaceCore.Action<Connection>> actions = decision.of(core);
            for (RaceCore.Action<Connection> action : actions) {
                if (action instanceof RaceCore.Action.WakeAt<Connection> wake && wake.nanos() - wakeAtNanos < 0) {
                    wakeAtNanos = wake.nanos();
                }
            }
            return actions;
        }

        private synchronized long wake(long endNanos) {
            return wakeAtNanos - endNanos < 0 ? wakeAtNanos : endNanos;
        }

        private void perform(List<RaceCore.Action<Connection>> actions) {
            for (RaceCore.Action<Connection> action : actions) {
                if (action instanceof RaceCore.Action.Start<Connection> start) {
                    begin(start.address());
                } else if (action instanceof RaceCore.Action.Stop<Connection> stop) {
                    stop(stop.address());
                } else if (action instanceof RaceCore.Action.Discard<Connection> discard) {
                    discard.connection().close();
                } else if (action instanceof RaceCore.Action.Won<Connection> won) {
                    result.complete(won.connection());
                } else if (action instanceof RaceCore.Action.Lost<Connection> lost) {
                    result.completeExceptionally(lost.reason());
                }
            }
        }

        private void begin(int address) {
            Thread attempt = Threads.daemon("stoq-race-" + transport.self().toShortString())
                    .newThread(() -> attempt(address));
            synchronized (this) {
                attempts[address] = attempt;
            }
            attempt.start();
        }

        private synchronized void stop(int address) {
            Thread attempt = attempts[address];
            if (attempt != null) {
                attempt.interrupt();
            }
        }

        private void attempt(int address) {
            List<RaceCore.Action<Connection>> actions;
            try {
                Connection made = transport.connect(endpoints.get(address), times.attemptTimeout());
                actions = decide(c -> c.onConnected(address, made));
            } catch (StoqException e) {
                actions = decide(c -> c.onFailed(System.nanoTime(), address, e));
            } catch (RuntimeException e) {
                StoqException failure = Failures.unexpected(e);
                actions = decide(c -> c.onFailed(System.nanoTime(), address, failure));
            }
            perform(actions);
        }
    }
}
