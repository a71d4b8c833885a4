package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs that run on chosen processors, where {@code taskset} is there to choose them. */
final class PinnedProcess {
    private static final long DEADLINE_MINUTES = 20;
    static final String WORKER_HEAP = "256m";
    private static final String[] WORKER_FLAGS = {"-Xmx" + WORKER_HEAP, "-XX:+UseSerialGC", "-XX:-UsePerfData"};

    private PinnedProcess() {}

    /** Where a program is, searched on PATH; empty text when it is missing. */
    static String find(String program) {
        String path = System.getenv("PATH");
        for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
            Path file = Path.of(directory, program);
            if (Files.isExecutable(file)) {
                return file.toString();
            }
        }
        return "";
    }

    static boolean canPin() {
        return !find("taskset").isEmpty();
    }

    private static List<String> pinned(String processors, List<String> command) {
        List<String> whole = new ArrayList<>();
        if (canPin()) {
            whole.addAll(List.of("taskset", "-c", processors));
        }
        whole.addAll(command);
        return whole;
    }

    /** Runs a program to its end; returns how long it took in nanoseconds. */
    static long run(String processors, Map<String, String> environment, Path directory, List<String> command)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(pinned(processors, command))
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Path log = Files.createTempFile("hypermesh-bench", ".log");
        try {
            long start = System.nanoTime();
            Process process = builder.redirectOutput(log.toFile()).start();
            process.getOutputStream().close();
            if (!process.waitFor(DEADLINE_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IOException(command.get(0) + " did not end within " + DEADLINE_MINUTES + " minutes");
            }
            long nanos = System.nanoTime() - start;
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " ended with " + process.exitValue() + ": "
                        + Files.readString(log));
            }
            return nanos;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.get(0) + " ran", e);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private static List<String> worker() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(WORKER_FLAGS));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ContentWorker.class.getName()));
        return command;
    }

    /** Runs one command in a Java process of its own, start included. */
    static long cold(String processors, Path directory, String command) throws IOException {
        List<String> whole = worker();
        whole.add(command);
        return run(processors, Map.of(), directory, whole);
    }

    /** A Java process that stays, asked by lines. */
    static final class Worker implements AutoCloseable {
        private final Process process;
        private final BufferedReader from;
        private final Writer to;

        Worker(String processors) throws IOException {
            process = new ProcessBuilder(pinned(processors, worker()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            from = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            to = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        }

        long[] ask(String command) throws IOException {
            to.write(command + "\n");
            to.flush();
            String line = from.readLine();
            if (line == null) {
                throw new IOException("the worker ended during: " + command);
            }
            String[] parts = line.split(" ");
            long[] figures = new long[parts.length];
            for (int i = 0; i < parts.length; i++) {
                figures[i] = Long.parseLong(parts[i]);
            }
            return figures;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
