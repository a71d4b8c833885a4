package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import online.hypermesh.node.stoq.TrialAddress;
import online.hypermesh.node.stoq.TrialClient;
import online.hypermesh.node.stoq.TrialNode;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code stoq}: the transport by itself. */
@Command(
        name = "stoq",
        description = {
            "Try the transport by itself: no ledger, no configuration, a fresh identity each time.",
            "From a source tree also: ./hypermesh stoq interop (against QUIC implementations of others),"
                    + " ./hypermesh bench stoq (side by side with raw Netty QUIC)."
        },
        mixinStandardHelpOptions = true,
        subcommands = {StoqCommand.Serve.class, StoqCommand.Ping.class, StoqCommand.Send.class, StoqCommand.Bench.class
        })
final class StoqCommand extends GroupCommand {
    private static final String TARGET = "What stoq serve printed: stoq://NODE@[IPV6]:PORT/NETWORK.";

    /** Reads a target from the command line. */
    static final class TargetConverter implements ITypeConverter<TrialAddress> {
        @Override
        public TrialAddress convert(String text) {
            try {
                return TrialAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    private static void print(CommandSpec spec, boolean json, Map<String, Object> rows) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Output.json(out, rows);
        } else {
            rows.forEach((name, value) -> out.printf("%-18s %s%n", name, value));
            out.flush();
        }
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    private static double megabytesPerSecond(TrialClient.Receipt receipt) {
        return rounded(receipt.bytes() * 1e3 / receipt.nanos());
    }

    /** Round trips of some echoes. */
    private static void echoes(Map<String, Object> rows, TrialClient.Link link, int count, int bytes) {
        double[] micros = new double[count];
        for (int i = 0; i < count; i++) {
            micros[i] = link.echo(bytes) / 1e3;
        }
        Arrays.sort(micros);
        rows.put("echo_min_us", rounded(micros[0]));
        rows.put("echo_median_us", rounded(micros[count / 2]));
        rows.put("echo_max_us", rounded(micros[count - 1]));
    }

    /** {@code stoq serve}. */
    @Command(
            name = "serve",
            description = {
                "Answer stoq ping, send and bench until interrupted. Prints the address that they take.",
                "Any node that knows the network may connect; it can cause traffic, nothing is stored."
            },
            mixinStandardHelpOptions = true)
    static final class Serve implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--bind", paramLabel = "IPV6", description = "The address to listen at.", defaultValue = "::1")
        private String bind = "::1";

        @Option(
                names = "--port",
                paramLabel = "N",
                description = "The UDP port; 0 for any free one.",
                defaultValue = "4433")
        private int port;

        @Option(
                names = "--network",
                paramLabel = "HEX",
                description = "Network id, 64 hexadecimal digits. Without it: a fresh one.")
        private @Nullable String network;

        @Option(
                names = "--seconds",
                paramLabel = "N",
                description = "End by itself after so many seconds; 0 for never.",
                defaultValue = "0")
        private long seconds;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Override
        public Integer call() throws InterruptedException {
            LogFile.none();
            try (TrialNode node = TrialNode.open(new InetSocketAddress(address(), port), networkId())) {
                Map<String, Object> rows = new LinkedHashMap<>();
                rows.put("address", node.address().toString());
                rows.put("node", node.id().toString());
                print(spec, json, rows);
                CountDownLatch interrupted = new CountDownLatch(1);
                if (seconds > 0) {
                    interrupted.await(seconds, TimeUnit.SECONDS);
                } else {
                    interrupted.await();
                }
            }
            return ExitCode.OK.code();
        }

        private InetAddress address() {
            try {
                InetAddress found = InetAddress.getByName(bind);
                if (found instanceof Inet6Address) {
                    return found;
                }
            } catch (UnknownHostException e) {
                throw new ParameterException(spec.commandLine(), "--bind " + bind + " is no address", e);
            }
            throw new ParameterException(spec.commandLine(), "--bind takes an IPv6 address, was " + bind);
        }

        private NetworkId networkId() {
            String given = network;
            if (given == null) {
                return TrialNode.freshNetwork();
            }
            try {
                return new NetworkId(Digest.fromHex(given));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(), "--network takes 64 hexadecimal digits: " + e.getMessage(), e);
            }
        }
    }

    /** Whom a client command talks to, and how long it waits. */
    abstract static class ClientCommand implements Callable<Integer> {
        @Spec
        CommandSpec spec = CommandSpec.create();

        @Option(names = "--json", description = "Print one JSON object.")
        boolean json;

        @Option(
                names = "--timeout",
                paramLabel = "SECONDS",
                description = "Longest wait for each step.",
                defaultValue = "10")
        long timeoutSeconds = 10;

        Duration timeout() {
            if (timeoutSeconds < 1) {
                throw new ParameterException(spec.commandLine(), "--timeout must be at least 1 second");
            }
            return Duration.ofSeconds(timeoutSeconds);
        }
    }

    /** {@code stoq ping}. */
    @Command(
            name = "ping",
            description = "Connect, authenticate and time echoes on new streams, in microseconds.",
            mixinStandardHelpOptions = true)
    static final class Ping extends ClientCommand {
        @Parameters(paramLabel = "TARGET", converter = TargetConverter.class, description = TARGET)
        private @Nullable TrialAddress target;

        @Option(names = "--count", paramLabel = "N", description = "How many echoes, 1..100000.", defaultValue = "10")
        private int count = 10;

        @Option(names = "--bytes", paramLabel = "N", description = "How long each is, 1..65536.", defaultValue = "64")
        private int bytes = 64;

        @Override
        public Integer call() {
            LogFile.none();
            TrialAddress whom = target;
            if (whom == null || count < 1 || count > 100_000 || bytes < 1 || bytes > 65_536) {
                throw new ParameterException(
                        spec.commandLine(), "--count must be in 1..100000 and --bytes in 1..65536");
            }
            Map<String, Object> rows = new LinkedHashMap<>();
            try (TrialClient client = new TrialClient(whom, timeout());
                    TrialClient.Link link = client.connect()) {
                rows.put("node", whom.endpoint().id().toString());
                rows.put("connect_ms", rounded(link.connectNanos() / 1e6));
                rows.put("protection", link.protection().name());
                rows.put("echoes", count);
                echoes(rows, link, count, bytes);
                link.path().pathMtuBytes().ifPresent(mtu -> rows.put("path_mtu_bytes", mtu));
            }
            print(spec, json, rows);
            return ExitCode.OK.code();
        }
    }

    /** {@code stoq send}. */
    @Command(
            name = "send",
            description = "Send a file; the receiver confirms its length and SHA-256, and keeps nothing.",
            mixinStandardHelpOptions = true)
    static final class Send extends ClientCommand {
        private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(1);

        @Parameters(index = "0", paramLabel = "TARGET", converter = TargetConverter.class, description = TARGET)
        private @Nullable TrialAddress target;

        @Parameters(index = "1", paramLabel = "FILE", description = "What to send.")
        private Path file = Path.of("");

        @Override
        public Integer call() {
            LogFile.none();
            TrialAddress whom = target;
            if (whom == null || !Files.isRegularFile(file)) {
                spec.commandLine().getErr().println("hypermesh: no file " + file + " [NOT_FOUND]");
                return ExitCode.NOT_FOUND.code();
            }
            PrintWriter err = spec.commandLine().getErr();
            long[] nextNanos = {System.nanoTime() + 2 * STEP_NANOS};
            Map<String, Object> rows = new LinkedHashMap<>();
            try (TrialClient client = new TrialClient(whom, timeout());
                    TrialClient.Link link = client.connect()) {
                TrialClient.Receipt receipt = link.send(file, sent -> {
                    if (System.nanoTime() - nextNanos[0] > 0) {
                        nextNanos[0] += STEP_NANOS;
                        err.printf(Locale.ROOT, "sent %.1f MB%n", sent / 1e6);
                        err.flush();
                    }
                });
                rows.put("bytes", receipt.bytes());
                rows.put("confirmed", true);
                rows.put("mb_per_s", megabytesPerSecond(receipt));
                rows.put("protection", link.protection().name());
            }
            print(spec, json, rows);
            return ExitCode.OK.code();
        }
    }

    /** {@code stoq bench}. */
    @Command(
            name = "bench",
            description = {
                "Measure connecting, echoes of 64 bytes and one upload to a stoq serve; without a target to one in this process.",
                "It measures what is between the two. Against baselines: ./hypermesh bench stoq."
            },
            mixinStandardHelpOptions = true)
    static final class Bench extends ClientCommand {
        private static final int CONNECTS = 20;
        private static final int ECHOES = 1000;

        @Parameters(arity = "0..1", paramLabel = "TARGET", converter = TargetConverter.class, description = TARGET)
        private @Nullable TrialAddress target;

        @Option(names = "--seconds", paramLabel = "N", description = "How long to upload, 1..600.", defaultValue = "3")
        private long seconds = 3;

        @Override
        public Integer call() throws UnknownHostException {
            LogFile.none();
            if (seconds < 1 || seconds > 600) {
                throw new ParameterException(spec.commandLine(), "--seconds must be in 1..600, was " + seconds);
            }
            TrialAddress whom = target;
            if (whom != null) {
                return measure(whom);
            }
            InetSocketAddress loopback = new InetSocketAddress(InetAddress.getByName("::1"), 0);
            try (TrialNode here = TrialNode.open(loopback, TrialNode.freshNetwork())) {
                return measure(here.address());
            }
        }

        private int measure(TrialAddress whom) {
            Map<String, Object> rows = new LinkedHashMap<>();
            try (TrialClient client = new TrialClient(whom, timeout())) {
                double[] connects = new double[CONNECTS];
                for (int i = 0; i < CONNECTS; i++) {
                    try (TrialClient.Link link = client.connect()) {
                        connects[i] = link.connectNanos() / 1e6;
                    }
                }
                rows.put("connect_first_ms", rounded(connects[0]));
                Arrays.sort(connects);
                rows.put("connect_median_ms", rounded(connects[CONNECTS / 2]));
                try (TrialClient.Link link = client.connect()) {
                    rows.put("protection", link.protection().name());
                    echoes(rows, link, ECHOES, 64);
                    TrialClient.Receipt receipt = link.load(Duration.ofSeconds(seconds));
                    rows.put("upload_mb", rounded(receipt.bytes() / 1e6));
                    rows.put("upload_mb_per_s", megabytesPerSecond(receipt));
                    link.path().packetsLost().ifPresent(lost -> rows.put("packets_lost", lost));
                }
            }
            print(spec, json, rows);
            return ExitCode.OK.code();
        }
    }
}
