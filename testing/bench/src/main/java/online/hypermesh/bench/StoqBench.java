package online.hypermesh.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.kwik.KwikEngine;
import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.spi.TransportEngine;

/** The bench of the transport: which metrics there are, and how each is measured. Confined to one thread. */
final class StoqBench {
    private static final String BEST = "raw_netty_best";
    private static final String DEFAULTS = "raw_netty_defaults";
    private static final String KWIK = "raw_kwik";
    private static final int MANY_STREAMS = 16;

    /** The pure-Java engine gets so much less to do, that its turns are not longer. */
    private static final int KWIK_SHARE = 4;

    private static final Map<Integer, String> GROWTH = growth();

    private final Map<String, Consumer<Consumer<String>>> metrics = new LinkedHashMap<>();
    private final Report report;
    private final TransportEngine netty = new NettyEngine();
    private final KwikEngine kwik = new KwikEngine();

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
        BulkBench smaller = new BulkBench(scale.withBulkBytes(scale.bulkBytes() / KWIK_SHARE), report);
        metrics.put("bulk_kwik_ratio", say -> {
            report.baseline(KWIK, RawKwikLink.describe());
            try (Link subject = StoqLink.open(kwik);
                    Link raw = RawKwikLink.open()) {
                long stalls = kwik.health().stalls();
                smaller.upload("bulk_kwik_ratio", subject, raw, KWIK, 1, say);
                report.metric("kwik_stalls", kwik.health().stalls() - stalls);
                report.baseline(
                        "kwik_stalls",
                        Map.of("counts", "writes of the uploads of bulk_kwik_ratio that waited over 250 ms"));
            }
        });
        metrics.put("kwik_stalls", say -> {
            if (!report.metrics().containsKey("kwik_stalls")) {
                run(Set.of("bulk_kwik_ratio"), say);
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
