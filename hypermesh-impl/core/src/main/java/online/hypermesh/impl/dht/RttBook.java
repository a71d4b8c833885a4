package online.hypermesh.impl.dht;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.stoq.base.id.NodeId;

/** How fast peers answer: all of late, and those by themselves of whom enough is known. Confined. */
final class RttBook {
    private static final int WINDOW = 128;
    private static final int MAX_PEERS = 1024;
    private static final int SAMPLES_TO_TRUST = 3;
    private static final int LEAST_SAMPLES = 8;
    private static final int DEFAULT_HEDGE_MILLIS = 250;
    private static final int LEAST_HEDGE_MILLIS = 15;
    /** A new connection takes longer than the answers on it later. */
    private static final int LEAST_TIMEOUT_MILLIS = 1000;

    /** The share of answers that a normal distribution has below mean + 1.28 deviations is 90 %. */
    private static final double NINETY_PERCENT = 1.28;

    private final int maxTimeoutMillis;
    private final int[] window = new int[WINDOW];
    private final Map<NodeId, Peer> peers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<NodeId, Peer> eldest) {
            return size() > MAX_PEERS;
        }
    };
    private int samples;
    private int p90 = DEFAULT_HEDGE_MILLIS;
    private int p99;

    private static final class Peer {
        private double mean;
        private double variance;
        private int count;
    }

    RttBook(int maxTimeoutMillis) {
        this.maxTimeoutMillis = maxTimeoutMillis;
        this.p99 = maxTimeoutMillis;
    }

    void answered(NodeId id, long millis) {
        int sample = (int) Math.max(0, Math.min(millis, maxTimeoutMillis));
        window[samples % WINDOW] = sample;
        samples++;
        if (samples >= LEAST_SAMPLES && samples % LEAST_SAMPLES == 0) {
            int count = Math.min(samples, WINDOW);
            int[] sorted = Arrays.copyOf(window, count);
            Arrays.sort(sorted);
            p90 = sorted[Math.min(count - 1, count * 9 / 10)];
            p99 = sorted[Math.min(count - 1, count * 99 / 100)];
        }
        Peer peer = peers.computeIfAbsent(id, i -> new Peer());
        double gain = 1.0 / Math.min(++peer.count, 8);
        double off = sample - peer.mean;
        peer.mean += gain * off;
        peer.variance += gain * (off * off * (1 - gain) - peer.variance);
    }

    /** When nine in ten answers would be there: from then on somebody else is asked as well. */
    int hedgeMillis(NodeId id) {
        Peer peer = peers.get(id);
        double expected = peer == null || peer.count < SAMPLES_TO_TRUST
                ? p90
                : peer.mean + NINETY_PERCENT * Math.sqrt(peer.variance);
        return (int) Math.max(LEAST_HEDGE_MILLIS, Math.min(Math.ceil(expected), maxTimeoutMillis));
    }

    /** When an answer is no longer expected at all. */
    int timeoutMillis(NodeId id) {
        int generous = Math.max(3 * hedgeMillis(id), p99 + p99 / 2);
        return Math.min(Math.max(LEAST_TIMEOUT_MILLIS, generous), maxTimeoutMillis);
    }
}
