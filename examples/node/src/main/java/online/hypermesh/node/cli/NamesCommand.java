package online.hypermesh.node.cli;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code names}: the network's names. */
@Command(
        name = "names",
        description = "Register and resolve names of a running network; they end with .NETWORK.hypermesh.alt.",
        mixinStandardHelpOptions = true,
        subcommands = {NamesCommand.Register.class, NamesCommand.Resolve.class})
final class NamesCommand extends GroupCommand {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static String full(String name, LocalNetwork network) {
        String suffix = NameRules.suffix(network.genesis());
        return name.endsWith(".alt") || name.endsWith(".alt.") ? name : name + "." + suffix;
    }

    /** {@code names register}. */
    @Command(name = "register", description = "Take a free name, as the operator.", mixinStandardHelpOptions = true)
    static final class Register implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private SessionOptions options = new SessionOptions();

        @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
        private String via = "n1";

        @Option(
                names = "--ttl",
                paramLabel = "SECONDS",
                defaultValue = "60",
                description = "How long answers may be kept, 0..86400 s.")
        private int ttlSeconds = 60;

        @Parameters(index = "0", paramLabel = "NAME", description = "The name, with or without the network's suffix.")
        private String name = "";

        @Parameters(index = "1..*", arity = "1..16", paramLabel = "[IPV6]:PORT", description = "Where it leads.")
        private List<String> addresses = List.of();

        @Override
        public Integer call() {
            LogFile.none();
            LocalNetwork network = options.running();
            NameInstruction instruction = instruction(network);
            try (OperatorSession session =
                    OperatorSession.open(network, options.checkpoint(), PATIENCE, new MemoryChunkIndex(1))) {
                Receipt receipt =
                        session.client().apply(network.node(via).id(), NameRecord.MODULE, instruction.encode());
                spec.commandLine().getOut().println(instruction.name() + " is final at height " + receipt.height());
            }
            return ExitCode.OK.code();
        }

        private NameInstruction instruction(LocalNetwork network) {
            try {
                return new NameInstruction.Register(
                        NameRules.canonical(full(name, network)),
                        new NameRecord.Content(
                                addresses.stream().map(Register::parse).toList(), List.of(), ttlSeconds));
            } catch (IllegalArgumentException e) {
                throw new HypermeshException(Code.CONFIGURATION, Retry.NEVER, String.valueOf(e.getMessage()), e);
            }
        }

        private static ServiceAddress parse(String text) {
            int end = text.indexOf("]:");
            if (!text.startsWith("[") || end < 0 || text.indexOf(':') > end) {
                throw new IllegalArgumentException("\"" + text + "\" is not [IPV6]:PORT");
            }
            try {
                if (InetAddress.getByName(text.substring(1, end)) instanceof Inet6Address address) {
                    return new ServiceAddress(address, Integer.parseInt(text.substring(end + 2)));
                }
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("\"" + text + "\" is not [IPV6]:PORT", e);
            }
            throw new IllegalArgumentException("\"" + text + "\" is not IPv6");
        }
    }

    /** {@code names resolve}. */
    @Command(
            name = "resolve",
            description = "Resolve a name through a node; the proof of an answer from the ledger is checked here.",
            mixinStandardHelpOptions = true)
    static final class Resolve implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private SessionOptions options = new SessionOptions();

        @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
        private String via = "n1";

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Parameters(paramLabel = "NAME", description = "The name, with or without the network's suffix.")
        private String name = "";

        @Override
        public Integer call() {
            LogFile.none();
            LocalNetwork network = options.running();
            ResolutionResult result;
            try (OperatorSession session =
                    OperatorSession.open(network, options.checkpoint(), PATIENCE, new MemoryChunkIndex(1))) {
                result = session.client().resolve(network.node(via).id(), full(name, network));
            }
            if (json) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("name", result.name());
                object.put("found", result.found());
                object.put(
                        "addresses",
                        result.addresses().stream()
                                .map(ServiceAddress::toString)
                                .toList());
                object.put("source", result.source().name());
                object.put("provenAtHeight", result.proof().map(p -> p.height()).orElse(0L));
                Output.json(spec.commandLine().getOut(), object);
            } else {
                spec.commandLine()
                        .getOut()
                        .println(result.name() + (result.found() ? " " + result.addresses() : " does not exist") + " ("
                                + result.source()
                                + result.proof()
                                        .map(p -> ", proven at height " + p.height())
                                        .orElse("") + ")");
            }
            return result.found() ? ExitCode.OK.code() : ExitCode.NOT_FOUND.code();
        }
    }
}
