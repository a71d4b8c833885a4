package online.hypermesh.stoq.messaging;

import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntFunction;
import online.hypermesh.stoq.TransportMetrics;
import org.jspecify.annotations.Nullable;

/**
 * What requests of peers need while they are served.
 *
 * @param services finds a service by its number; null if it is not offered
 * @param timer for deadlines
 * @param metrics told how requests end
 * @param underWay counts them
 */
record Serving(
        IntFunction<@Nullable Service> services,
        ScheduledExecutorService timer,
        TransportMetrics metrics,
        UnderWay underWay) {
    static final String FAILED = "FAILED";
    static final String REFUSED = "REFUSED";
    static final String EXPIRED = "EXPIRED";
    static final String CANCELLED = "CANCELLED";
}
