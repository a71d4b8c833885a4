package online.hypermesh.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.impl.erasure.ErasurePolicy;
import online.hypermesh.impl.erasure.ReedSolomon;
import online.hypermesh.sim.dht.DhtScenarios;
import org.apache.ozone.erasurecode.rawcoder.util.RSUtil;

/**
 * What placing and finding content costs: erasure coding beside the Java coder of Apache Ozone, and the hash table beside plain
 * Kademlia in the simulator. Confined to one thread.
 */
final class PlacementBench {
    private static final int SHARD_BYTES = 112 * 1024;
    private static final int PARITY = 4;
    private static final int DATA = 10;
    private static final int ROUNDS = 60;
    private static final int WARM_UPS = 12;
    private static final long SEED = 1;

    private final Report report;
    private final Consumer<String> say;
    private final boolean quick;

    PlacementBench(boolean quick, Report report, Consumer<String> say) {
        this.quick = quick;
        this.report = report;
        this.say = say;
    }

    void run() {
        erasure();
        table();
    }

    private void erasure() {
        say.accept("rs_vs_ozone: RS(10,4)");
        Random random = new Random(SEED);
        List<byte[]> data = new ArrayList<>();
        for (int i = 0; i < DATA; i++) {
            byte[] shard = new byte[SHARD_BYTES];
            random.nextBytes(shard);
            data.add(shard);
        }
        ReedSolomon own = new ReedSolomon(ErasurePolicy.RS_10_4);
        byte[] matrix = new byte[(DATA + PARITY) * DATA];
        RSUtil.genCauchyMatrix(matrix, DATA + PARITY, DATA);
        byte[] tables = new byte[DATA * PARITY * 32];
        RSUtil.initTables(DATA, PARITY, matrix, DATA * DATA, tables);
        byte[][] in = data.toArray(byte[][]::new);
        byte[][] out = new byte[PARITY][SHARD_BYTES];
        int[] inAt = new int[DATA];
        int[] outAt = new int[PARITY];
        Runnable ours = () -> own.parity(data);
        Runnable ozone = () -> {
            for (byte[] shard : out) {
                Arrays.fill(shard, (byte) 0);
            }
            RSUtil.encodeData(tables, SHARD_BYTES, in, inAt, out, outAt);
        };
        for (int i = 0; i < WARM_UPS; i++) {
            rate(ours);
            rate(ozone);
        }
        int pairs = quick ? 5 : 11;
        double[] ratios = new double[pairs];
        double[] rates = new double[pairs];
        double[] peers = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            rates[i] = rate(ours);
            peers[i] = rate(ozone);
            ratios[i] = rates[i] / peers[i];
        }
        report.metric("rs_vs_ozone", Duel.median(ratios));
        report.baseline(
                "rs_vs_ozone",
                Map.of(
                        "mb_s",
                        Duel.median(rates),
                        "ozone_mb_s",
                        Duel.median(peers),
                        "peer",
                        "coding loop of org.apache.ozone:hdds-erasurecode 2.1.0 (Java)",
                        "shard_bytes",
                        SHARD_BYTES));
    }

    /** MB of data a second. */
    private static double rate(Runnable encode) {
        long begun = System.nanoTime();
        for (int i = 0; i < ROUNDS; i++) {
            encode.run();
        }
        return (double) ROUNDS * DATA * SHARD_BYTES * 1e3 / (System.nanoTime() - begun);
    }

    private void table() {
        int nodes = quick ? 2000 : 10_000;
        int searches = quick ? 500 : 3000;
        int records = quick ? 60 : 300;
        say.accept("dht_p95_ratio: " + nodes + " simulated nodes, 30 % of table entries stale");
        DhtScenarios.Searches plain = DhtScenarios.stale(nodes, searches, DhtSettings.Timing.PLAIN, SEED);
        DhtScenarios.Searches own = DhtScenarios.stale(nodes, searches, DhtSettings.Timing.ADAPTIVE, SEED);
        report.metric("dht_p95_ratio", own.p95Millis() / plain.p95Millis());
        report.metric("dht_messages_ratio", own.messages() / plain.messages());
        report.baseline("dht_p95_ratio", rows(nodes, plain, own));
        say.accept("dht_success_churn: half the nodes go within an hour");
        report.metric(
                "dht_success_churn",
                100 * DhtScenarios.churn(nodes, records, 10 * records, SEED).success());
        say.accept("dht_success_byzantine: one node in five lies");
        report.metric(
                "dht_success_byzantine",
                100 * DhtScenarios.byzantine(nodes, records, SEED).success());
    }

    private static Map<String, Object> rows(int nodes, DhtScenarios.Searches plain, DhtScenarios.Searches own) {
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("nodes", nodes);
        rows.put("plain_p95_ms", plain.p95Millis());
        rows.put("p95_ms", own.p95Millis());
        rows.put("plain_messages", plain.messages());
        rows.put("messages", own.messages());
        rows.put("trace", own.traceHash());
        return rows;
    }
}
