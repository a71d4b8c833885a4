package online.hypermesh.node.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import online.hypermesh.node.operation.PhaseStep;

/** Says which node enters which phase at the moment it does, and remembers it. Thread-safe. */
final class PhaseLog {
    private final Progress progress;
    private long startMillis;
    private final List<Map<String, Object>> entries = new ArrayList<>();
    private final Map<String, Integer> phases = new HashMap<>();

    PhaseLog(Progress progress) {
        this.progress = progress;
    }

    /** Times count from here, milliseconds since 1970. */
    synchronized void begin(long millis) {
        startMillis = millis;
    }

    synchronized void entered(String node, PhaseStep step) {
        long atMillis = step.atMillis() - startMillis;
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("node", node);
        entry.put("phase", step.phase());
        entry.put("atMs", atMillis);
        entry.put("reason", step.reason());
        entries.add(entry);
        phases.put(node, step.phase());
        progress.line(node + "  Phase " + step.phase() + " at " + atMillis + " ms: " + step.reason());
        notifyAll();
    }

    synchronized List<Map<String, Object>> entries() {
        return List.copyOf(entries);
    }

    /** Waits until every one of these nodes said that it entered a phase. */
    synchronized void awaitAll(List<String> nodes, int phase, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!nodes.stream().allMatch(n -> phases.getOrDefault(n, 0) == phase)) {
                long leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (leftMillis <= 0) {
                    throw new StepFailedException("Phase " + phase + " on every node did not happen within "
                            + patience.toSeconds() + " s; the nodes are in " + phases);
                }
                wait(leftMillis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepFailedException("interrupted", e);
        }
    }
}
