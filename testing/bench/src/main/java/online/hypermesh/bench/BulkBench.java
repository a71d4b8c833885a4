package online.hypermesh.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Uploads and requests, subject against baseline. Confined to one thread. */
final class BulkBench {
    private static final double MEGABYTE = 1e6;

    private final Scale scale;
    private final Report report;

    BulkBench(Scale scale, Report report) {
        this.scale = scale;
        this.report = report;
    }

    /** How many times as fast as the baseline the subject uploads. */
    void upload(
            String metric, Link subject, Link baseline, String baselineName, int streams, Consumer<String> progress) {
        long each = scale.bulkBytes() / streams;
        Duel duel = Duel.fight(
                scale,
                () -> Meter.measure(() -> subject.upload(streams, each)),
                () -> Meter.measure(() -> baseline.upload(streams, each)),
                progress);
        double megabytes = each * streams / MEGABYTE;
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("baseline", baselineName);
        rows.put("streams", streams);
        rows.put("megabytes", megabytes);
        rows.put("stoq_mb_per_s", Duel.median(duel.subject(), run -> run.perSecond(megabytes)));
        rows.put("baseline_mb_per_s", Duel.median(duel.baseline(), run -> run.perSecond(megabytes)));
        rows.put("stoq_cpu_us_per_mb", Duel.median(duel.subject(), run -> run.cpuNanos() / 1e3 / megabytes));
        rows.put("baseline_cpu_us_per_mb", Duel.median(duel.baseline(), run -> run.cpuNanos() / 1e3 / megabytes));
        report.metric(metric, duel.speedRatio());
        report.baseline(metric, rows);
    }

    /** How many times as long as with the baseline a request takes, by medians of the requests of a turn. */
    void requests(String metric, Link subject, Link baseline, String baselineName, Consumer<String> progress) {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        long[] nanos = new long[scale.requests()];
        Duel duel = Duel.fight(
                scale,
                () -> {
                    Run run = Meter.measure(() -> subject.requests(nanos));
                    ours.add(medianMicros(nanos));
                    return run;
                },
                () -> {
                    Run run = Meter.measure(() -> baseline.requests(nanos));
                    theirs.add(medianMicros(nanos));
                    return run;
                },
                progress);
        double[] subjects = counted(ours);
        double[] baselines = counted(theirs);
        double[] ratios = new double[scale.pairs()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = subjects[i] / baselines[i];
        }
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("baseline", baselineName);
        rows.put("requests_per_turn", scale.requests());
        rows.put("stoq_us", Duel.median(subjects));
        rows.put("baseline_us", Duel.median(baselines));
        rows.put("stoq_cpu_us", Duel.median(duel.subject(), run -> run.cpuNanos() / 1e3 / scale.requests()));
        rows.put("baseline_cpu_us", Duel.median(duel.baseline(), run -> run.cpuNanos() / 1e3 / scale.requests()));
        rows.put("baseline_alloc_bytes", Duel.median(duel.baseline(), this::allocatedPerRequest));
        report.metric(metric, Duel.median(ratios));
        report.baseline(metric, rows);
    }

    /** Heap memory for one request, client and server together. */
    void allocation(String metric, Link subject, Consumer<String> progress) {
        long[] nanos = new long[scale.requests()];
        List<Double> perRequest = new ArrayList<>();
        long begin = System.nanoTime();
        for (int counted = 0, i = 0; counted < scale.pairs(); i++) {
            boolean counts = scale.isWarm(i, begin);
            progress.accept(counts ? "turn " + (counted + 1) + " of " + scale.pairs() : "warm-up " + (i + 1));
            perRequest.add(allocatedPerRequest(Meter.measure(() -> subject.requests(nanos))));
            counted += counts ? 1 : 0;
        }
        report.metric(metric, Duel.median(counted(perRequest)));
        report.baseline(metric, Map.of("counts", "client and server together, one new stream per request"));
    }

    /** Throughput with very different numbers of streams, as a share of the best of them. */
    void growth(Map<Integer, String> metrics, Link subject, Consumer<String> progress) {
        Map<Integer, double[]> rates = new LinkedHashMap<>();
        metrics.keySet().forEach(streams -> rates.put(streams, new double[scale.pairs()]));
        long begin = System.nanoTime();
        for (int counted = 0, turn = 0; counted < scale.pairs(); turn++) {
            boolean counts = scale.isWarm(turn, begin);
            progress.accept(counts ? "turn " + (counted + 1) + " of " + scale.pairs() : "warm-up " + (turn + 1));
            for (Map.Entry<Integer, double[]> entry : rates.entrySet()) {
                int streams = entry.getKey();
                long each = scale.bulkBytes() / streams;
                Run run = Meter.measure(() -> subject.upload(streams, each));
                if (counts) {
                    entry.getValue()[counted] = run.perSecond(each * streams / MEGABYTE);
                }
            }
            counted += counts ? 1 : 0;
        }
        double best = rates.values().stream().mapToDouble(Duel::median).max().orElseThrow();
        rates.forEach((streams, values) -> {
            String metric = metrics.getOrDefault(streams, "");
            double rate = Duel.median(values);
            report.metric(metric, rate / best);
            report.baseline(metric, Map.of("stoq_mb_per_s", rate, "best_mb_per_s", best));
        });
    }

    private double allocatedPerRequest(Run run) {
        return (double) run.allocatedBytes() / scale.requests();
    }

    private double[] counted(List<Double> withWarmUps) {
        return withWarmUps.subList(withWarmUps.size() - scale.pairs(), withWarmUps.size()).stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    private static double medianMicros(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e3;
    }
}
