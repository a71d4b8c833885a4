package online.hypermesh.sim.dht;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.impl.dht.DhtOperation;
import online.hypermesh.impl.dht.DhtOutcome;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.impl.dht.Position;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;

/** What the simulator puts the distributed hash table through. */
public final class DhtScenarios {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256("dht".getBytes(StandardCharsets.US_ASCII)));
    private static final double STALE = 0.3;
    private static final double LIARS = 0.2;
    private static final long HOUR_MILLIS = 3_600_000;
    private static final int SETTLING_MILLIS = 60_000;
    private static final byte[] NO_SALT = {};

    private DhtScenarios() {}

    /**
     * How searches went.
     *
     * @param searches how many
     * @param found share that found the very nearest node that is there
     * @param p50Millis median duration
     * @param p95Millis 95th percentile
     * @param messages requests per search
     * @param traceHash hash of everything that happened
     */
    public record Searches(
            int searches, double found, double p50Millis, double p95Millis, double messages, String traceHash) {}

    /**
     * How reading records went.
     *
     * @param reads how many
     * @param success share that brought the record
     * @param p50Millis median duration
     * @param p95Millis 95th percentile
     * @param messages requests of all nodes, upkeep included
     * @param traceHash hash of everything that happened
     */
    public record Reads(
            int reads, double success, double p50Millis, double p95Millis, long messages, String traceHash) {}

    private static DhtSettings settings(DhtSettings.Timing timing, long refreshMillis) {
        DhtSettings d = DhtSettings.of(NETWORK);
        return new DhtSettings(
                NETWORK,
                d.bucketSize(),
                d.disjointPaths(),
                timing,
                d.maxPerSite(),
                d.maxRecords(),
                d.maxPerPeer(),
                refreshMillis);
    }

    /**
     * Searches while 30 % of all table entries lead to nodes that are gone.
     *
     * @param nodes nodes before some went
     * @param searches how many, each by another node
     * @param timing how nodes wait
     * @param seed seed
     * @return how it went
     */
    public static Searches stale(int nodes, int searches, DhtSettings.Timing timing, long seed) {
        DhtNetwork network = new DhtNetwork(settings(timing, 1000 * HOUR_MILLIS), seed);
        for (int i = 0; i < nodes; i++) {
            network.addPeer(true);
        }
        network.fillTables();
        SplittableRandom random = network.random();
        for (DhtNetwork.Peer peer : network.peers()) {
            if (random.nextDouble() < STALE) {
                network.kill(peer);
            }
        }
        double[] millis = new double[searches];
        long messages = 0;
        int found = 0;
        for (int i = 0; i < searches; i++) {
            Position target = new Position(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
            DhtNetwork.Peer asker = network.anyHonest();
            DhtNetwork.Ended ended = network.run(asker, new DhtOperation.FindClosest(target));
            millis[i] = ended.millis();
            messages += ended.messages();
            boolean isNearest = ended.outcome() instanceof DhtOutcome.Closest c
                    && !c.nodes().isEmpty()
                    && (c.nodes().get(0).equals(network.nearest(target))
                            || asker.contact().equals(network.nearest(target)));
            found += isNearest ? 1 : 0;
        }
        return new Searches(
                searches,
                (double) found / searches,
                percentile(millis, 0.5),
                percentile(millis, 0.95),
                (double) messages / searches,
                network.traceHash());
    }

    /**
     * Reads of records within an hour in which every second node goes without a word and another comes.
     *
     * @param nodes nodes at any time
     * @param records records stored before, each read several times at random moments
     * @param reads how many
     * @param seed seed
     * @return how it went
     */
    public static Reads churn(int nodes, int records, int reads, long seed) {
        DhtNetwork network = new DhtNetwork(settings(DhtSettings.Timing.ADAPTIVE, HOUR_MILLIS / 2), seed);
        for (int i = 0; i < nodes; i++) {
            network.addPeer(true);
        }
        network.fillTables();
        List<SignedRecord> stored = store(network, records);
        network.peers().forEach(network::keepUp);
        long begun = network.now();
        SplittableRandom random = network.random();
        for (int i = 0; i < nodes / 2; i++) {
            long when = begun + random.nextLong(HOUR_MILLIS);
            network.at(when, () -> {
                network.kill(network.anyHonest());
                DhtNetwork.Peer known = network.anyJoined();
                DhtNetwork.Peer fresh = network.addPeer(true);
                network.begin(fresh, new DhtOperation.Join(known.contact()));
            });
        }
        List<Reading> readings = new ArrayList<>();
        for (int i = 0; i < reads; i++) {
            SignedRecord record = stored.get(random.nextInt(stored.size()));
            network.at(begun + random.nextLong(HOUR_MILLIS), () -> {
                DhtNetwork.Peer reader = network.anyJoined();
                long operation = network.begin(reader, new DhtOperation.Get(record.key()));
                readings.add(new Reading(reader, operation, record));
            });
        }
        network.runUntil(begun + HOUR_MILLIS + SETTLING_MILLIS);
        return judge(network, readings);
    }

    /**
     * Reads and writes while one node in five lies: it names liars and nodes that do not exist, and keeps nothing.
     *
     * @param nodes nodes
     * @param records records, each written and read once
     * @param seed seed
     * @return how it went
     */
    public static Reads byzantine(int nodes, int records, long seed) {
        DhtNetwork network = new DhtNetwork(settings(DhtSettings.Timing.ADAPTIVE, 1000 * HOUR_MILLIS), seed);
        for (int i = 0; i < nodes; i++) {
            network.addPeer(network.random().nextDouble() >= LIARS);
        }
        network.fillTables();
        List<Reading> readings = new ArrayList<>();
        for (SignedRecord record : store(network, records)) {
            DhtNetwork.Peer reader = network.anyHonest();
            readings.add(new Reading(reader, network.begin(reader, new DhtOperation.Get(record.key())), record));
            network.runUntil(network.now() + SETTLING_MILLIS);
        }
        return judge(network, readings);
    }

    private record Reading(DhtNetwork.Peer reader, long operation, SignedRecord expected) {}

    private static List<SignedRecord> store(DhtNetwork network, int records) {
        List<SignedRecord> stored = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            byte[] seed = Digest.sha256(("publisher " + i).getBytes(StandardCharsets.US_ASCII))
                    .toBytes();
            SignedRecord record = SignedRecord.sign(
                    SigningKey.fromSeed(seed), NETWORK, NO_SALT, 1, network.now() + 24 * HOUR_MILLIS, seed);
            network.run(network.anyHonest(), new DhtOperation.Put(record, -1));
            stored.add(record);
        }
        return stored;
    }

    /** Reads by nodes that went meanwhile do not count. */
    private static Reads judge(DhtNetwork network, List<Reading> readings) {
        int success = 0;
        List<Double> millis = new ArrayList<>();
        for (Reading reading : readings) {
            if (!reading.reader.isAlive()) {
                continue;
            }
            DhtNetwork.Ended ended =
                    network.ended(reading.operation).orElseThrow(() -> new IllegalStateException("a read never ended"));
            millis.add((double) ended.millis());
            boolean right = ended.outcome() instanceof DhtOutcome.Record r
                    && r.record().filter(reading.expected::equals).isPresent();
            success += right ? 1 : 0;
        }
        double[] sorted = millis.stream().mapToDouble(m -> m).toArray();
        return new Reads(
                sorted.length,
                (double) success / sorted.length,
                percentile(sorted, 0.5),
                percentile(sorted, 0.95),
                network.messages(),
                network.traceHash());
    }

    private static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    }
}
