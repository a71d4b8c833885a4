package online.hypermesh.stoq.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.TransportMetrics;

/**
 * Keeps the metrics of STOQ in a {@link MeterRegistry}. Thread-safe.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>name</th><th>kind</th><th>tags</th></tr>
 * <tr><td>{@code stoq.handshakes}</td><td>timer</td><td>{@code side} (dialed, accepted), {@code outcome}</td></tr>
 * <tr><td>{@code stoq.connections}</td><td>gauge: open ones</td><td>{@code side}</td></tr>
 * <tr><td>{@code stoq.connections.closed}</td><td>counter</td><td>{@code side}, {@code reason}</td></tr>
 * <tr><td>{@code stoq.reconnects}</td><td>counter</td><td></td></tr>
 * <tr><td>{@code stoq.streams}</td><td>counter: begun ones</td><td>{@code by} (self, peer)</td></tr>
 * <tr><td>{@code stoq.bytes}</td><td>counter</td><td>{@code direction} (sent, received)</td></tr>
 * <tr><td>{@code stoq.requests.asked}</td><td>timer</td><td>{@code service}, {@code outcome}</td></tr>
 * <tr><td>{@code stoq.requests.served}</td><td>timer</td><td>{@code service}, {@code outcome}</td></tr>
 * <tr><td>{@code stoq.messages.dropped}</td><td>counter</td><td>{@code direction} (inbound, outbound)</td></tr>
 * </table>
 */
public final class MeterRegistryMetrics implements TransportMetrics {
    private record Ended(int service, String outcome) {}

    private final MeterRegistry registry;
    private final Map<Ended, Timer> asked = new ConcurrentHashMap<>();
    private final Map<Ended, Timer> served = new ConcurrentHashMap<>();
    private final AtomicLong openDialed;
    private final AtomicLong openAccepted;
    private final Counter streamsHere;
    private final Counter streamsThere;
    private final Counter sent;
    private final Counter received;
    private final Counter droppedInbound;
    private final Counter droppedOutbound;
    private final Counter reconnects;

    /**
     * Registers the meters.
     *
     * @param registry keeps them
     */
    public MeterRegistryMetrics(MeterRegistry registry) {
        this.registry = registry;
        openDialed = open("dialed");
        openAccepted = open("accepted");
        streamsHere = counter("stoq.streams", "Streams that began", "by", "self");
        streamsThere = counter("stoq.streams", "Streams that began", "by", "peer");
        sent = bytes("sent");
        received = bytes("received");
        droppedInbound = counter("stoq.messages.dropped", "One-way messages dropped", "direction", "inbound");
        droppedOutbound = counter("stoq.messages.dropped", "One-way messages dropped", "direction", "outbound");
        reconnects = Counter.builder("stoq.reconnects")
                .description("Lost connections that were made again")
                .register(registry);
    }

    private AtomicLong open(String side) {
        AtomicLong open = new AtomicLong();
        Gauge.builder("stoq.connections", open, AtomicLong::get)
                .description("Open authenticated connections")
                .tag("side", side)
                .strongReference(true)
                .register(registry);
        return open;
    }

    private Counter counter(String name, String description, String tag, String value) {
        return Counter.builder(name).description(description).tag(tag, value).register(registry);
    }

    private Counter bytes(String direction) {
        return Counter.builder("stoq.bytes")
                .description("Bytes of streams")
                .baseUnit("bytes")
                .tag("direction", direction)
                .register(registry);
    }

    private static String side(boolean dialed) {
        return dialed ? "dialed" : "accepted";
    }

    @Override
    public void handshake(boolean dialed, String outcome, long nanos) {
        Timer.builder("stoq.handshakes")
                .description("TLS and hello together")
                .tag("side", side(dialed))
                .tag("outcome", outcome)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void connectionOpened(boolean dialed) {
        (dialed ? openDialed : openAccepted).incrementAndGet();
    }

    @Override
    public void connectionClosed(boolean dialed, String reason) {
        Counter.builder("stoq.connections.closed")
                .description("Authenticated connections that ended")
                .tag("side", side(dialed))
                .tag("reason", reason)
                .register(registry)
                .increment();
        // last: whoever sees the connection gone from the gauge finds its end counted
        (dialed ? openDialed : openAccepted).decrementAndGet();
    }

    @Override
    public void streamOpened(boolean here) {
        (here ? streamsHere : streamsThere).increment();
    }

    @Override
    public void bytesSent(long bytes) {
        sent.increment(bytes);
    }

    @Override
    public void bytesReceived(long bytes) {
        received.increment(bytes);
    }

    @Override
    public void requestAsked(int service, String outcome, long nanos) {
        asked.computeIfAbsent(new Ended(service, outcome), ended -> timer("stoq.requests.asked", ended))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void requestServed(int service, String outcome, long nanos) {
        served.computeIfAbsent(new Ended(service, outcome), ended -> timer("stoq.requests.served", ended))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(String name, Ended ended) {
        return Timer.builder(name)
                .description("Requests by service and outcome")
                .tag("service", Integer.toString(ended.service()))
                .tag("outcome", ended.outcome())
                .register(registry);
    }

    @Override
    public void messageDropped(boolean inbound) {
        (inbound ? droppedInbound : droppedOutbound).increment();
    }

    @Override
    public void reconnected() {
        reconnects.increment();
    }
}
