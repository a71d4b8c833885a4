package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.base.error.CodedException;

/** What a node opened, to be closed in reverse order whether its start succeeded or not. Thread-safe. */
final class OpenParts implements AutoCloseable {
    private static final Logger LOG = System.getLogger(OpenParts.class.getName());
    private static final long WORK_PATIENCE_SECONDS = 5;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    <T extends AutoCloseable> T keep(T part) {
        synchronized (opened) {
            opened.push(part);
        }
        return part;
    }

    <T extends ThreadPoolExecutor> T keepExecutor(T executor) {
        keep(() -> {
            executor.shutdownNow();
            if (!executor.awaitTermination(WORK_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "work did not end within {0} s", WORK_PATIENCE_SECONDS);
            }
        });
        return executor;
    }

    @Override
    public void close() {
        Deque<AutoCloseable> parts;
        synchronized (opened) {
            parts = new ArrayDeque<>(opened);
            opened.clear();
        }
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            String name = part.getClass().getSimpleName();
            try {
                part.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (CodedException e) {
                LOG.log(Level.WARNING, "{0} did not close in order: {1}", name, e.getMessage());
            } catch (Exception e) {
                LOG.log(Level.ERROR, name + " did not close in order", e);
            }
        }
    }
}
