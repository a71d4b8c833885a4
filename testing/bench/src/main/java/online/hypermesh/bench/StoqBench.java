package online.hypermesh.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.spi.TransportEngine;

/** The bench of the transport: which metrics there are, and how each is measured. Confined to one thread. */
final class StoqBench {
    private static final String BEST = "raw_netty_best";
    private static final String DEFAULTS = "raw_netty_defaults";
    private static final int MANY_STREAMS = 16;

    private static final Map<Integer, String> GROWTH = growth();

    private final Map<String, Consumer<Consumer<String>>> metrics = new LinkedHashMap<>();
    private final Report report;
    private final TransportEngine netty = new NettyEngine();

    StoqBench(Scale scale, Report report) {
        this.report = report;
        BulkBench bulk = new BulkBench(scale, report);
        metrics.put("bulk_netty_ratio", say -> {
            try (Link subject = stoq();
                    Link raw = raw(BEST, NettySettings.best())) {
                bulk.upload("bulk_netty_ratio", subject, raw, BEST, 1, say);
            }
        });
        metrics.put("bulk_netty_16_ratio", say -> {
            try (Link subject = stoq();
                    Link raw = raw(BEST, NettySettings.best())) {
                bulk.upload("bulk_netty_16_ratio", subject, raw, BEST, MANY_STREAMS, say);
            }
        });
        metrics.put("rtt_netty_ratio", say -> {
            try (Link subject = stoq();
                    Link raw = raw(DEFAULTS, NettySettings.defaults())) {
                bulk.requests("rtt_netty_ratio", subject, raw, DEFAULTS, say);
            }
        });
        metrics.put("bulk_best_ratio", say -> {
            try (Link subject = stoq();
                    Link raw = raw(DEFAULTS, NettySettings.defaults())) {
                bulk.upload("bulk_best_ratio", subject, raw, DEFAULTS, 1, say);
            }
        });
        metrics.put("request_alloc_bytes", say -> {
            try (Link subject = stoq()) {
                bulk.allocation("request_alloc_bytes", subject, say);
            }
        });
        for (String name : GROWTH.values()) {
            metrics.put(name, say -> {
                if (!report.metrics().containsKey(name)) {
                    try (Link subject = stoq()) {
                        bulk.growth(GROWTH, subject, say);
                    }
                }
            });
        }
        metrics.put("sealed_ratio", say -> {
            report.baseline("stoq_unsealed", Map.of("subject", "the same engine, protected by TLS alone"));
            try (Link sealed = StoqLink.sealed(netty);
                    Link unsealed = stoq()) {
                bulk.upload("sealed_ratio", sealed, unsealed, "stoq_unsealed", 1, say);
            }
        });
        HandshakeBench handshakes = new HandshakeBench(scale, report);
        metrics.put("handshakes_per_s", say -> handshakes.run("handshakes_per_s", netty, Resumption.OFF, say));
        metrics.put("resumed_per_s", say -> handshakes.run("resumed_per_s", netty, Resumption.DEFAULT, say));
        metrics.put(
                "idle_connection_bytes",
                say -> new IdleBench(scale, report).measure("idle_connection_bytes", netty, say));
    }

    private static Map<Integer, String> growth() {
        Map<Integer, String> names = new LinkedHashMap<>();
        for (int streams : List.of(1, 10, 100, 1000)) {
            names.put(streams, "streams_" + streams + "_ratio");
        }
        return names;
    }

    private Link stoq() {
        return StoqLink.open(netty);
    }

    private Link raw(String name, NettySettings settings) {
        report.baseline(name, settings.describe());
        return RawNettyLink.open(settings);
    }

    /** Names of all metrics that this build can measure. */
    Set<String> names() {
        return metrics.keySet();
    }

    void run(Set<String> wanted, Consumer<String> progress) {
        metrics.forEach((name, measure) -> {
            if (wanted.contains(name)) {
                measure.accept(step -> progress.accept(name + ": " + step));
            }
        });
    }
}
