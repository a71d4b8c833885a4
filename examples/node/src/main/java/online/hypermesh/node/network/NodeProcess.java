package online.hypermesh.node.network;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.stoq.base.error.Retry;

/**
 * A node in a process of its own. The child ends when its standard input does, so it never outlives its parent, however
 * that ended. Thread-safe.
 */
public final class NodeProcess implements AutoCloseable {
    /** What a node prints to standard output once it listens. */
    public static final String READY = "READY";

    private static final String MAIN_CLASS = "online.hypermesh.node.Main";

    private static final String PHASE = "PHASE";
    private static final Pattern PHASE_LINE = Pattern.compile(PHASE + " ([0-3]) ([0-9]{1,18}) (.*)");

    /** Several nodes on few cores spend more on the optimizing compiler than its code saves: see decision 0012. */
    private static final String QUICK_COMPILER_ONLY = "-XX:TieredStopAtLevel=1";

    private static final int MANY_CORES = 8;

    private final LocalNode node;
    private final Process process;
    private final Consumer<PhaseStep> phaseEntered;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    private NodeProcess(LocalNode node, Process process, Consumer<PhaseStep> phaseEntered) {
        this.node = node;
        this.process = process;
        this.phaseEntered = phaseEntered;
    }

    /**
     * Tells the parent process of a phase; called in the node's process.
     *
     * @param out its standard output
     * @param step the phase it entered
     */
    public static void announce(PrintWriter out, PhaseStep step) {
        out.println(PHASE + " " + step.phase() + " " + step.atMillis() + " "
                + step.reason().replaceAll("\\p{Cntrl}", " "));
        out.flush();
    }

    /**
     * Starts a node with this process's JDK and class path.
     *
     * @param node which
     * @return the process, possibly not yet listening
     */
    public static NodeProcess start(LocalNode node) {
        return start(node, step -> {});
    }

    /**
     * Starts a node with this process's JDK and class path.
     *
     * @param node which
     * @param phaseEntered hears of every phase it enters, as it happens; called on a thread of its own
     * @return the process, possibly not yet listening
     */
    public static NodeProcess start(LocalNode node, Consumer<PhaseStep> phaseEntered) {
        return start(node, phaseEntered, builder -> {});
    }

    /**
     * Starts a node with this process's JDK and class path, in surroundings of the caller's choice.
     *
     * @param node which
     * @param phaseEntered hears of every phase it enters, as it happens; called on a thread of its own
     * @param surroundings may change the environment, and put before the command a program that ends by executing it, such as
     *     one that enters a network namespace
     * @return the process, possibly not yet listening
     */
    public static NodeProcess start(
            LocalNode node, Consumer<PhaseStep> phaseEntered, Consumer<ProcessBuilder> surroundings) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xms64m", "-Xmn32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=64m", "-Xss512k"));
        if (Runtime.getRuntime().availableProcessors() < MANY_CORES) {
            command.add(QUICK_COMPILER_ONLY);
        }
        command.addAll(
                List.of("-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8", "-Djava.net.preferIPv6Addresses=true"));
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN_CLASS));
        command.addAll(List.of(
                "node",
                "run",
                "--stop-with-stdin",
                "--config",
                node.configFile().toString()));
        try {
            Files.createDirectories(node.directory());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectError(
                            ProcessBuilder.Redirect.appendTo(node.errorFile().toFile()));
            surroundings.accept(builder);
            Process process = builder.start();
            NodeProcess started = new NodeProcess(node, process, phaseEntered);
            Thread reader = new Thread(started::readOutput, "stdout of " + node.name());
            reader.setDaemon(true);
            reader.start();
            return started;
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, node.name() + " cannot be started: " + e.getMessage(), e);
        }
    }

    private void readOutput() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher phase = PHASE_LINE.matcher(line);
                if (line.startsWith(READY)) {
                    ready.complete(null);
                } else if (phase.matches()) {
                    phaseEntered.accept(new PhaseStep(
                            Integer.parseInt(phase.group(1)), Long.parseLong(phase.group(2)), phase.group(3)));
                }
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("its output ended"));
    }

    /**
     * Which node it is.
     *
     * @return the node
     */
    public LocalNode node() {
        return node;
    }

    /**
     * The process's id.
     *
     * @return the id
     */
    public long pid() {
        return process.pid();
    }

    /**
     * Whether the process runs.
     *
     * @return true if so
     */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Completes when the process has ended.
     *
     * @return the end
     */
    public CompletableFuture<Process> onExit() {
        return process.onExit();
    }

    /**
     * Waits until the node listens.
     *
     * @param deadline longest wait
     * @throws HypermeshException TIMEOUT, or CLOSED when the process ended; the message holds the end of its error output
     */
    public void awaitReady(Duration deadline) {
        try {
            ready.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    node.name() + " (process " + pid() + ") did not listen within " + deadline.toMillis() + " ms. See "
                            + node.logFile(),
                    e);
        } catch (ExecutionException e) {
            throw new HypermeshException(
                    Code.CLOSED, Retry.WHOLE_OPERATION, node.name() + " ended before it listened: " + lastErrors(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(
                    Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while starting " + node.name(), e);
        }
    }

    /**
     * The end of what the process wrote to standard error.
     *
     * @return at most 2000 characters
     */
    public String lastErrors() {
        try {
            String text = Files.exists(node.errorFile())
                    ? Files.readString(node.errorFile()).strip()
                    : "";
            return text.substring(Math.max(0, text.length() - 2000));
        } catch (IOException e) {
            return "its error output cannot be read: " + e.getMessage();
        }
    }

    /** Kills the process at once (SIGKILL where there are signals) and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(20));
    }

    /**
     * Asks the node to stop by ending its standard input, and kills it when it does not.
     *
     * @param patience how long it may take to stop in order
     * @return whether it stopped in order
     */
    public boolean stop(Duration patience) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            System.getLogger(NodeProcess.class.getName())
                    .log(System.Logger.Level.DEBUG, "standard input of {0} was closed already", node.name());
        }
        if (awaitEnd(patience)) {
            return process.exitValue() == 0;
        }
        kill();
        return false;
    }

    private boolean awaitEnd(Duration patience) {
        try {
            return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return false;
        }
    }

    @Override
    public void close() {
        stop(Duration.ofSeconds(10));
    }
}
