package online.hypermesh.node.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import online.hypermesh.node.network.LocalNetwork;
import org.jspecify.annotations.Nullable;

/**
 * The temporary directory of a demonstration and the network in it. When a signal ends this process, the network is stopped
 * and the directory deleted before that; otherwise only a success deletes it. Thread-safe.
 */
final class Workspace implements AutoCloseable {
    private static final long OWNER_PATIENCE_SECONDS = 10;
    private static final int DELETIONS = 20;
    private static final long DELETE_AGAIN_MILLIS = 100;

    private final Progress progress;
    private final Thread owner = Thread.currentThread();
    private final Thread hook = new Thread(this::interrupt, "demo-shutdown");
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Object deleting = new Object();
    private volatile @Nullable Path directory;
    private volatile @Nullable DemoNetwork network;
    private volatile boolean interrupted;
    private volatile boolean succeeded;
    private volatile boolean failed;

    private Workspace(Progress progress) {
        this.progress = progress;
    }

    static Workspace open(Progress progress) throws IOException {
        Workspace workspace = new Workspace(progress);
        Runtime.getRuntime().addShutdownHook(workspace.hook);
        workspace.directory = Files.createTempDirectory("hypermesh-demo");
        workspace.requireRunning();
        return workspace;
    }

    Path directory() {
        Path created = directory;
        if (created == null) {
            throw new IllegalStateException("the workspace was not opened");
        }
        return created;
    }

    /** Stops a network together with this workspace. */
    DemoNetwork with(DemoNetwork started) {
        network = started;
        if (interrupted) {
            started.close();
        }
        requireRunning();
        return started;
    }

    boolean isInterrupted() {
        return interrupted;
    }

    /** Leaves nothing behind. */
    void succeed() {
        succeeded = true;
    }

    /** Leaves the directory behind for whoever looks for the cause, whatever comes. */
    void fail() {
        failed = true;
    }

    private void requireRunning() {
        if (interrupted) {
            throw new StepFailedException("interrupted");
        }
    }

    /** What a signal does; the process ends when this returns. */
    private void interrupt() {
        interrupted = true;
        owner.interrupt();
        DemoNetwork running = network;
        if (running != null) {
            running.close();
        }
        try {
            if (!ended.await(OWNER_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                progress.line("the step under way does not end; deleting its files all the same");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!failed) {
            delete();
            progress.line("interrupted: the nodes are stopped and nothing is left behind");
        }
    }

    private void delete() {
        synchronized (deleting) {
            Path tree = directory;
            for (int i = 1; tree != null && Files.exists(tree); i++) {
                try {
                    LocalNetwork.deleteTree(tree);
                } catch (UncheckedIOException e) {
                    if (i == DELETIONS) {
                        progress.line(tree + " cannot be deleted: " + e.getCause());
                        return;
                    }
                    pause(); // somebody was still writing
                }
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(DELETE_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        DemoNetwork running = network;
        if (running != null) {
            running.close();
        }
        ended.countDown();
        if (interrupted) {
            return; // the hook cleans up
        }
        if (succeeded) {
            delete();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            interrupted = true; // a signal came just now; its hook finds nothing left to do
        }
    }
}
