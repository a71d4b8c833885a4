package online.hypermesh.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofVerdict;

/** Verifies bundles with all four proofs, each new to its verifier. Confined to one thread. */
final class ProofBench {
    private static final int WARM_UPS = 300;
    private static final int BUNDLES = 500;

    private final Report report;

    ProofBench(Report report) {
        this.report = report;
    }

    void run(Consumer<String> progress) {
        progress.accept("a network of four validators, a replica of 1 TiB in the books");
        ProofSubject subject = new ProofSubject();
        double[] decode = new double[BUNDLES];
        double[] verify = new double[BUNDLES];
        int largest = 0;
        progress.accept(WARM_UPS + " bundles to warm up, then " + BUNDLES + " that count");
        for (int i = -WARM_UPS; i < BUNDLES; i++) {
            byte[] bytes = subject.bundle(i + WARM_UPS);
            ProofSubject.Check check = subject.check();
            long begin = System.nanoTime();
            ProofVerdict verdict = check.verify(bytes);
            long end = System.nanoTime();
            if (!verdict.accepted()) {
                throw new IllegalStateException("the bench made a bundle that does not hold: " + verdict);
            }
            ProofBundle.decode(bytes);
            long decoded = System.nanoTime();
            if (i >= 0) {
                verify[i] = (end - begin) / 1e6;
                decode[i] = (decoded - end) / 1e6;
                largest = Math.max(largest, bytes.length);
            }
        }
        report.metric("proof_p50_ms", percentile(verify, 50));
        report.metric("proof_p99_ms", percentile(verify, 99));
        report.metric("proof_bytes", largest);
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("bundles", BUNDLES);
        made.put("leaves", ProofSubject.LEAVES);
        made.put("leaf_depth", 30);
        made.put("validators", 4);
        made.put("time_sources", 3);
        made.put("work_steps", ProofSubject.STEPS);
        made.put("attestations", 3);
        made.put("max_ms", percentile(verify, 100));
        made.put("decode_p50_ms", percentile(decode, 50));
        subject.parts().forEach((name, work) -> {
            double[] times = new double[200];
            for (int i = -200; i < times.length; i++) {
                long begin = System.nanoTime();
                work.run();
                if (i >= 0) {
                    times[i] = (System.nanoTime() - begin) / 1e6;
                }
            }
            made.put(name, percentile(times, 50));
        });
        report.baseline("proof_p50_ms", made);
    }

    /** The smallest value that at least so many percent do not exceed. */
    private static double percentile(double[] values, int percent) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100.0 * sorted.length);
        return sorted[Math.max(0, rank - 1)];
    }
}
