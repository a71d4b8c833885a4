package online.hypermesh.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
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
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
            validators.add(new GenesisValidator(
                    "n" + i,
                    ConsensusReplica.key(i, ConsensusReplica.NODE_KEY).verifyKey(),
                    ConsensusReplica.key(i, ConsensusReplica.VOTING_KEY).verifyKey(),
                    ConsensusReplica.key(i, 3).verifyKey(),
                    1));
        }
        Parameters d = Parameters.DEFAULT;
        Genesis genesis = new Genesis(
                "bench",
                System.currentTimeMillis(),
                validators,
                List.of(),
                new Parameters(
                        d.leafValiditySeconds(),
                        d.maxTransactionBytes(),
                        d.maxBlockBytes(),
                        d.heartbeatMillis(),
                        d.maxClockErrorMillis(),
                        d.leaderTimeoutMillis(),
                        d.replicas()));
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

    private void launch() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(REPLICA_FLAGS);
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), ConsensusCommand.REPLICA));
        for (int i = 0; i < SIZE; i++) {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Replica replica = new Replica(
                    process,
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                    new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
            replicas.add(replica);
            replica.say(String.valueOf(i));
            replica.say(directory.resolve("n" + i).toString());
            replica.say(HexFormat.of().formatHex(genesis.encode()));
        }
        List<String> ports = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
            ports.add(replicas.get(i).line());
            endpoints.add(ConsensusReplica.endpoint(i, Integer.parseInt(ports.get(i))));
        }
        replicas.forEach(r -> r.say(String.join(" ", ports)));
        replicas.forEach(Replica::line);
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
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path done, IOException failure) throws IOException {
                    Files.delete(done);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + directory, e);
        }
    }
}
