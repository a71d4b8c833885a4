package online.hypermesh.node.cli;

import java.io.PrintWriter;
import online.hypermesh.api.content.Progress;

/** Shows on one line how far a long operation is, from its second second on. Confined to one thread at a time. */
final class ProgressLine implements Progress {
    private static final long FIRST_NANOS = 2_000_000_000L;
    private static final long NEXT_NANOS = 500_000_000L;

    private final PrintWriter err;
    private final String what;
    private final long start = System.nanoTime();
    private long next = start + FIRST_NANOS;
    private boolean shown;

    ProgressLine(PrintWriter err, String what) {
        this.err = err;
        this.what = what;
    }

    @Override
    public void advanced(long entries, long bytes) {
        long now = System.nanoTime();
        if (now >= next) {
            next = now + NEXT_NANOS;
            shown = true;
            err.printf("\r%,d %s, %,d MiB, %,d MiB/s ", entries, what, bytes >> 20, (bytes >> 20) * 1000 / millis());
            err.flush();
        }
    }

    /** Ends the line. */
    void done() {
        if (shown) {
            err.println();
            err.flush();
        }
    }

    long millis() {
        return Math.max(1, (System.nanoTime() - start) / 1_000_000);
    }
}
