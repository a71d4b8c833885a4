package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.stoq.Endpoint;

/** Four validators in four processes, which end with this one. Confined to one thread. */
final class ConsensusNetwork implements AutoCloseable {
    static final int SIZE = 4;

    /** A small heap, and the collector that spends least processor time; the compilers are left as they are. */
    static final List<String> REPLICA_FLAGS = List.of("-XX:+UseSerialGC", "-Xms384m", "-Xmn192m", "-Xmx768m");

    /** What a replica spent since it started. */
    record Spent(long cpuNanos, long height, long syncs, long syncP50Nanos, long syncP99Nanos, long residentBytes) {}

    private record Replica(Process process, BufferedReader from, Writer to) {
        String line() {
            try {
                String line = from.readLine();
                if (line == null) {
                    throw new IllegalStateException("a replica ended; its output is above");
                }
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException("a replica does not answer", e);
            }
        }

        void say(String line) {
            try {
                to.write(line + "\n");
                to.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("a replica does not listen", e);
            }
        }
    }

    private final Genesis genesis;
    private final Path directory;
    private final List<Replica> replicas = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Thread hook = new Thread(this::destroy);

    private ConsensusNetwork(Genesis genesis, Path directory) {
        this.genesis = genesis;
        this.directory = directory;
    }

    static ConsensusNetwork start() {
        return start(Parameters.DEFAULT);
    }

    static ConsensusNetwork start(Parameters parameters) {
        Genesis genesis = SyncedState.genesis("bench", SIZE, parameters);
        try {
            ConsensusNetwork network = new ConsensusNetwork(genesis, Files.createTempDirectory("hypermesh-bench"));
            Runtime.getRuntime().addShutdownHook(network.hook);
            boolean started = false;
            try {
                network.launch();
                started = true;
                return network;
            } finally {
                if (!started) {
                    network.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the replicas", e);
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(REPLICA_FLAGS);
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), ConsensusCommand.REPLICA));
        return command;
    }

    private void launch() throws IOException {
        List<String> command = command();
        for (int i = 0; i < SIZE; i++) {
            replicas.add(begin(i, command, 0));
        }
        for (int i = 0; i < SIZE; i++) {
            int port = Integer.parseInt(replicas.get(i).line());
            endpoints.add(ConsensusReplica.endpoint(i, port));
        }
        replicas.forEach(r -> r.say(ports()));
        replicas.forEach(Replica::line);
    }

    /** Starts a process; 0 takes a free port. */
    private Replica begin(int i, List<String> command, int port) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Replica replica = new Replica(
                process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        replica.say(String.valueOf(i));
        replica.say(directory.resolve("n" + i).toString());
        replica.say(HexFormat.of().formatHex(genesis.encode()));
        replica.say(String.valueOf(port));
        return replica;
    }

    private String ports() {
        return endpoints.stream()
                .map(e -> String.valueOf(e.address().getPort()))
                .collect(Collectors.joining(" "));
    }

    /** Ends the process of the last replica; its disk stays. */
    void stopLast() throws InterruptedException, IOException {
        Replica last = replicas.remove(SIZE - 1);
        last.to.close();
        last.process.waitFor(5, TimeUnit.SECONDS);
        last.process.destroyForcibly().waitFor();
    }

    /** Starts the last replica again, where it was, and waits until it takes part. */
    void startLast() throws IOException {
        int port = endpoints.get(SIZE - 1).address().getPort();
        Replica last = begin(SIZE - 1, command(), port);
        replicas.add(last);
        last.line();
        last.say(ports());
        last.line();
    }

    /** Height of the last replica's newest final block. */
    long heightOfLast() {
        Replica last = replicas.get(replicas.size() - 1);
        last.say("spent");
        return Long.parseLong(last.line().split(" ")[1]);
    }

    Genesis genesis() {
        return genesis;
    }

    Endpoint endpoint(int replica) {
        return endpoints.get(replica);
    }

    void resetSyncs() {
        replicas.forEach(r -> r.say("reset"));
        replicas.forEach(Replica::line);
    }

    /** Has every replica write a profile of what it does from now on. */
    void profile(Path into) {
        for (int i = 0; i < replicas.size(); i++) {
            replicas.get(i).say("profile " + into.resolve("replica-" + i + ".jfr"));
        }
        replicas.forEach(Replica::line);
    }

    /** The profiles are complete. */
    void profiled() {
        replicas.forEach(r -> r.say("profiled"));
        replicas.forEach(Replica::line);
    }

    List<Spent> spent() {
        replicas.forEach(r -> r.say("spent"));
        return replicas.stream()
                .map(r -> {
                    String[] f = r.line().split(" ");
                    return new Spent(
                            Long.parseLong(f[0]),
                            Long.parseLong(f[1]),
                            Long.parseLong(f[2]),
                            Long.parseLong(f[3]),
                            Long.parseLong(f[4]),
                            Long.parseLong(f[5]));
                })
                .toList();
    }

    /** Nanoseconds until transactions handed in at a replica, one after the other, had their final place. */
    long[] finality(int replica, int count) {
        replicas.get(replica).say("finality " + count);
        String[] times = replicas.get(replica).line().split(" ");
        long[] nanos = new long[times.length];
        for (int i = 0; i < times.length; i++) {
            nanos[i] = Long.parseLong(times[i]);
        }
        return nanos;
    }

    private void destroy() {
        replicas.forEach(r -> r.process.destroyForcibly());
    }

    @Override
    public void close() {
        for (Replica r : replicas) {
            try {
                r.to.close();
            } catch (IOException e) {
                r.process.destroyForcibly();
            }
        }
        try {
            for (Replica r : replicas) {
                r.process.waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        destroy();
        Runtime.getRuntime().removeShutdownHook(hook);
        Directories.delete(directory);
    }
}
