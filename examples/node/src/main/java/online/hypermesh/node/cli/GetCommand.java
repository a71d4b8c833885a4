package online.hypermesh.node.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.impl.content.ContentReader;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.impl.content.repository.Repository;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code get}: reads a stored file back. */
@Command(
        name = "get",
        description = {
            "Read stored content back as the operator; every byte is verified before the file gets its name.",
            "With --repo: read one file of a snapshot from a local repository."
        },
        mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private SessionOptions options = new SessionOptions();

    @Mixin
    private RepositoryOptions repository = new RepositoryOptions();

    @Parameters(
            paramLabel = "ASSET",
            description =
                    "The asset's id, 64 hexadecimal digits, or its label (the newest). With --repo SNAPSHOT:PATH.")
    private String asset = "";

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "Where it goes; replaced if it exists.")
    private Path out = Path.of("");

    @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
    private String via = "n1";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        LogFile.none();
        if (repository.isGiven()) {
            return local();
        }
        LocalNetwork network = options.running();
        NodeId node = network.node(via).id();
        try (OperatorSession session =
                OperatorSession.open(network, options.checkpoint(), Duration.ofSeconds(10), new MemoryChunkIndex(1))) {
            Asset found = find(session, node);
            Path target = out.toAbsolutePath();
            Path fresh = target.resolveSibling("." + target.getFileName() + ".part");
            ContentReader.Content content;
            long start = System.nanoTime();
            try {
                try (OutputStream to = Files.newOutputStream(fresh)) {
                    content = session.client().get(node, found, to);
                }
                Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(fresh);
            }
            print(found, content, (System.nanoTime() - start) / 1_000_000);
        }
        return ExitCode.OK.code();
    }

    private int local() throws IOException {
        Path target = out.toAbsolutePath();
        Path fresh = target.resolveSibling("." + target.getFileName() + ".part");
        try (Repository store = repository.open()) {
            long start = System.nanoTime();
            RepositoryOptions.Part part = RepositoryOptions.part(store, asset);
            long bytes;
            try {
                try (OutputStream to = Files.newOutputStream(fresh)) {
                    bytes = store.read(part.snapshot().id(), part.path(), to);
                }
                Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(fresh);
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            if (json) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("snapshot", part.snapshot().id().hex());
                object.put("path", part.path().toString());
                object.put("bytes", bytes);
                object.put("file", out.toString());
                object.put("getMs", millis);
                Output.json(spec.commandLine().getOut(), object);
            } else {
                spec.commandLine().getOut().println(out + ": " + bytes + " bytes, " + millis + " ms");
            }
        }
        return ExitCode.OK.code();
    }

    private Asset find(OperatorSession session, NodeId node) {
        if (asset.matches("[0-9a-f]{64}")) {
            return session.client().asset(node, Digest.fromHex(asset));
        }
        return session.client().newest(node, asset);
    }

    private void print(Asset found, ContentReader.Content content, long millis) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("asset", found.id().toHex());
            object.put("label", found.label());
            object.put("bytes", content.bytes());
            object.put("sha256", content.sha256().toHex());
            object.put("file", out.toString());
            object.put("getMs", millis);
            Output.json(spec.commandLine().getOut(), object);
        } else {
            spec.commandLine()
                    .getOut()
                    .println(out + ": " + content.bytes() + " bytes, SHA-256 "
                            + content.sha256().toHex() + ", " + millis + " ms");
        }
    }
}
