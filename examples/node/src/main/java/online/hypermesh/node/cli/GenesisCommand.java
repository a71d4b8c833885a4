package online.hypermesh.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.network.GenesisFile;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code genesis}: the founding document of a network. */
@Command(
        name = "genesis",
        description = "Make and show the founding document of a network. Its hash is the network's id.",
        mixinStandardHelpOptions = true,
        subcommands = {GenesisCommand.Create.class, GenesisCommand.Show.class})
final class GenesisCommand extends GroupCommand {
    /** {@code genesis create}. */
    @Command(
            name = "create",
            description = {
                "Write a founding document from public keys.",
                "Each validator runs \"hypermesh keys show --json\" and hands over its output; no secret leaves its machine."
            },
            mixinStandardHelpOptions = true)
    static final class Create implements Runnable {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--out", paramLabel = "FILE", required = true, description = "The document; must not exist.")
        private Path out = Path.of("");

        @Option(names = "--name", paramLabel = "NAME", required = true, description = "The network's name.")
        private String name = "";

        @Option(
                names = "--validator",
                paramLabel = "NAME=FILE",
                required = true,
                description = "A validator and its public keys, as printed by keys show --json; in voting order."
                        + " Four survive the loss of one.")
        private Map<String, Path> validators = new LinkedHashMap<>();

        @Option(names = "--operator", paramLabel = "FILE", description = "Public keys of an operator; may be repeated.")
        private List<Path> operators = new ArrayList<>();

        @Option(
                names = "--leaf-validity",
                paramLabel = "SECONDS",
                defaultValue = "3600",
                description = "Longest validity of a certificate, 1..86400 s.")
        private int leafValiditySeconds;

        @Option(
                names = "--heartbeat",
                paramLabel = "MILLISECONDS",
                defaultValue = "30000",
                description = "An idle network finalizes a block this long after its last one, 100..3600000 ms.")
        private int heartbeatMillis;

        @Option(
                names = "--replicas",
                paramLabel = "N",
                defaultValue = "3",
                description = "Validators that hold content durably before it is acknowledged, 1..100.")
        private int replicas;

        @Override
        public void run() {
            Parameters d = Parameters.DEFAULT;
            List<GenesisValidator> entries = new ArrayList<>();
            validators.forEach((node, file) -> {
                JsonNode keys = read(file);
                entries.add(new GenesisValidator(
                        node,
                        key(file, keys, "nodeKey"),
                        key(file, keys, "votingKey"),
                        key(file, keys, "issuerKey"),
                        1));
            });
            List<VerifyKey> operatorKeys =
                    operators.stream().map(f -> key(f, read(f), "nodeKey")).toList();
            try {
                Genesis genesis = new Genesis(
                        name,
                        Clock.systemUTC().millis(),
                        entries,
                        operatorKeys,
                        new Parameters(
                                leafValiditySeconds,
                                d.maxTransactionBytes(),
                                d.maxBlockBytes(),
                                heartbeatMillis,
                                d.maxClockErrorMillis(),
                                d.leaderTimeoutMillis(),
                                replicas));
                new GenesisFile(out).write(genesis);
                spec.commandLine().getOut().println("network " + genesis.networkId() + " founded in " + out);
            } catch (IllegalArgumentException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION, Retry.NEVER, "not a founding document: " + e.getMessage(), e);
            }
        }

        private static JsonNode read(Path file) {
            try {
                return new ObjectMapper().readTree(Files.readAllBytes(file));
            } catch (IOException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION, Retry.NEVER, file + " is not the output of keys show --json: " + e, e);
            }
        }

        private static VerifyKey key(Path file, JsonNode keys, String field) {
            String hex = keys.path(field).asText();
            try {
                return VerifyKey.of(HexFormat.of().parseHex(hex));
            } catch (IllegalArgumentException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "field " + field + " in " + file + " is \"" + hex + "\": " + e.getMessage()
                                + ". Make it with: hypermesh keys show --json",
                        e);
            }
        }
    }

    /** {@code genesis show}. */
    @Command(name = "show", description = "Print a founding document as JSON.", mixinStandardHelpOptions = true)
    static final class Show implements Runnable {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @picocli.CommandLine.Parameters(paramLabel = "FILE", description = "The founding document.")
        private Path file = Path.of("");

        @Override
        public void run() {
            Genesis genesis = new GenesisFile(file).read();
            Parameters p = genesis.parameters();
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("networkId", genesis.networkId().toString());
            json.put("name", genesis.name());
            json.put("createdAtMillis", genesis.createdAtMillis());
            List<Object> validators = new ArrayList<>();
            for (GenesisValidator v : genesis.validators()) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("name", v.name());
                entry.put("id", v.nodeId().toString());
                entry.put("nodeKey", v.nodeKey().toString());
                entry.put("votingKey", v.votingKey().toString());
                entry.put("issuerKey", v.issuerKey().toString());
                entry.put("stake", v.stake());
                validators.add(entry);
            }
            json.put("validators", validators);
            json.put(
                    "operators",
                    genesis.operators().stream().map(VerifyKey::toString).toList());
            Map<String, Object> parameters = new LinkedHashMap<>();
            parameters.put("leafValiditySeconds", p.leafValiditySeconds());
            parameters.put("maxTransactionBytes", p.maxTransactionBytes());
            parameters.put("maxBlockBytes", p.maxBlockBytes());
            parameters.put("heartbeatMillis", p.heartbeatMillis());
            parameters.put("maxClockErrorMillis", p.maxClockErrorMillis());
            parameters.put("leaderTimeoutMillis", p.leaderTimeoutMillis());
            parameters.put("replicas", p.replicas());
            json.put("parameters", parameters);
            Output.json(spec.commandLine().getOut(), json);
        }
    }
}
