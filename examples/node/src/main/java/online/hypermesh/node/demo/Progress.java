package online.hypermesh.node.demo;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Says what happens, with the time since the start. Thread-safe. */
final class Progress {
    private final PrintWriter out;
    private final long startNanos = System.nanoTime();

    Progress(PrintWriter out) {
        this.out = out;
    }

    long elapsedMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    synchronized void title(String text) {
        out.println();
        out.println(text);
        out.flush();
    }

    synchronized void line(String text) {
        out.printf(Locale.ROOT, "  %7.2f s  %s%n", elapsedMillis() / 1000.0, text);
        out.flush();
    }
}
