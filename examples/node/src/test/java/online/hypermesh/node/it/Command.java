package online.hypermesh.node.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@code hypermesh} command in a process of its own. Confined to one thread. */
final class Command implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Process process;
    private final Path out;
    private final Path err;
    private final String line;

    /** How a command ended. */
    record Result(int code, String out, String err) {}

    private Command(Process process, Path out, Path err, String line) {
        this.process = process;
        this.out = out;
        this.err = err;
        this.line = line;
    }

    /** Runs a command to its end, with the quick compiler only: it is over before optimized code pays. */
    static Result run(Path scratch, String... args) throws IOException {
        try (Command command = start(scratch, List.of("-XX:TieredStopAtLevel=1"), args)) {
            return command.end(PATIENCE);
        }
    }

    /** Runs a command that has much to do to its end, which must come in time. */
    static Result run(Duration patience, Path scratch, String... args) throws IOException {
        try (Command command = start(scratch, args)) {
            return command.end(patience);
        }
    }

    /** Starts a command; its output goes to files in a directory. */
    static Command start(Path scratch, String... args) throws IOException {
        return start(scratch, List.of(), args);
    }

    /** Starts a command with further flags for its JVM. */
    static Command start(Path scratch, List<String> flags, String... args) throws IOException {
        return start(scratch, List.of(), flags, "online.hypermesh.node.Main", args);
    }

    /** Starts another main class of the tests, by a program that ends by executing it. */
    static Command start(Path scratch, List<String> through, List<String> flags, String main, String... args)
            throws IOException {
        List<String> all = new ArrayList<>(through);
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        all.addAll(List.of(
                "-Xmx256m", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-Djava.net.preferIPv6Addresses=true"));
        if (Runtime.version().feature() >= 24) {
            all.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        all.addAll(flags);
        all.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        all.addAll(List.of(args));
        Path out = Files.createTempFile(scratch, "out", ".txt");
        Path err = Files.createTempFile(scratch, "err", ".txt");
        Process process = new ProcessBuilder(all)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Command(process, out, err, String.join(" ", args));
    }

    Process process() {
        return process;
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    /** Waits for a line of standard output that holds a text. */
    String awaitLine(String text, Duration patience) {
        return Await.fact("\"" + text + "\" in the output of: " + line, patience, () -> {
            try {
                if (!process.isAlive()) {
                    throw new AssertionError(line + " ended with " + process.exitValue() + ": " + err());
                }
                String all = out();
                String complete = all.substring(0, all.lastIndexOf('\n') + 1);
                return complete.lines().filter(l -> l.contains(text)).findFirst();
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }

    /** Waits for the end. */
    Result end(Duration patience) throws IOException {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(line + " did not end within " + patience.toSeconds() + " s: " + out() + err());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + line, e);
        }
        return new Result(process.exitValue(), out(), err());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
