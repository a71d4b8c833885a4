package online.hypermesh.node.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.ChunkIndex;
import online.hypermesh.impl.content.ContentKeys;
import online.hypermesh.impl.content.FileChunkIndex;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code put}: stores a file. */
@Command(
        name = "put",
        description = {
            "Store a file as the operator: chunked, deduplicated and sealed here, replicated and registered by the network.",
            "Ends with 0 when it is acknowledged: durable on as many validators as the network demands, its manifest final.",
            "With --repo: store files and directories as a snapshot in a local repository, without any network. Ends with 0"
                    + " when it is durable, with 1 when something could not be read and was left out."
        },
        footerHeading = "%nDeduplication domains:%n",
        footer = {
            "  Equal chunks are stored once per domain and never across: storing tells only whether this repository has them.",
            "  A repository belongs to one domain, chosen with --create --domain and named with --domain ever after.",
            "  private  of one owner. Ids of chunks are keyed hashes, packs have random keys: a store sees neither content nor"
                    + " equality, only padded lengths. The only domain in a network.",
            "  group    of members who trust each other, each with a passphrase. Sealed as private ones are; members see all in"
                    + " it, and by what storing adds whether another member stored the same. Who was a member keeps what its"
                    + " passphrase opens: to shut somebody out, make another repository.",
            "  public   of everybody, without key. Ids follow from content, and whoever reads the files reads everything; sign"
                    + " what others are to trust."
        },
        mixinStandardHelpOptions = true)
final class PutCommand implements Callable<Integer> {
    private static final int MAX_CHUNKS = 16_000_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private SessionOptions options = new SessionOptions();

    @Mixin
    private RepositoryOptions repository = new RepositoryOptions();

    @Mixin
    private LocalStoring local = new LocalStoring();

    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description = "The file; any size. With --repo any number of files and directories.")
    private List<Path> files = List.of();

    @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
    private String via = "n1";

    @Option(
            names = "--label",
            paramLabel = "TEXT",
            description = "Public name. Without it: the file's name. With --repo a name of the snapshot, sealed.")
    private @Nullable String label;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        LogFile.none();
        if (repository.isGiven()) {
            CommandLine line = spec.commandLine();
            return local.run(repository, files, label == null ? "" : label, json, line.getOut(), line.getErr());
        }
        if (repository.domain() != DedupDomain.PRIVATE) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "a network has private deduplication only. Leave out --domain, or give --repo");
        }
        if (files.size() != 1) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "a network takes one FILE at a time, got " + files.size() + ". Or give --repo");
        }
        Path file = files.get(0);
        LocalNetwork network = options.running();
        requireReadable(file);
        String name = label == null ? String.valueOf(file.getFileName()) : label;
        try (ChunkIndex chunks = chunkIndex(network);
                OperatorSession session =
                        OperatorSession.open(network, options.checkpoint(), Duration.ofSeconds(10), chunks)) {
            long start = System.nanoTime();
            StoredFile stored = session.client()
                    .put(
                            network.node(via).id(),
                            file,
                            name,
                            bar(spec.commandLine().getErr(), Files.size(file)));
            print(stored, (System.nanoTime() - start) / 1_000_000);
        }
        return ExitCode.OK.code();
    }

    static void requireReadable(Path file) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.NEVER,
                    (Files.exists(file) ? file + " is not a file that can be read" : file + " does not exist")
                            + ". Name a readable file");
        }
    }

    private static ChunkIndex chunkIndex(LocalNetwork network) {
        Digest domain;
        try (NodeKeys keys = network.operatorKeys();
                ContentKeys content = ContentKeys.fromSeed(keys.contentSeed().toBytes())) {
            domain = content.domain();
        }
        return FileChunkIndex.open(network.directory().resolve("operator.chunks"), domain, MAX_CHUNKS);
    }

    /** Shows how far a long read is, from its second second on. */
    static LongConsumer bar(PrintWriter err, long total) {
        long start = System.nanoTime();
        long[] next = {start + 2_000_000_000L};
        return done -> {
            long now = System.nanoTime();
            if (now >= next[0]) {
                next[0] = now + 500_000_000L;
                err.printf(
                        "\r%5.1f %%  %d of %d MiB", total == 0 ? 100.0 : 100.0 * done / total, done >> 20, total >> 20);
                if (done == total) {
                    err.println();
                }
                err.flush();
            }
        };
    }

    private void print(StoredFile stored, long millis) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("asset", stored.asset().id().toHex());
            object.put("label", stored.asset().label());
            object.put("bytes", stored.content().plainBytes());
            object.put("chunks", stored.content().chunks());
            object.put("uniqueBytes", stored.content().uniqueBytes());
            object.put("sha256", stored.content().sha256().toHex());
            object.put("replicas", stored.replicas());
            object.put("height", stored.height());
            object.put("putMs", millis);
            Output.json(out, object);
        } else {
            out.println("asset " + stored.asset().id().toHex());
            out.println("  " + stored.content().plainBytes() + " bytes in "
                    + stored.content().chunks() + " chunks, "
                    + stored.content().uniqueBytes() + " bytes new, durable on " + stored.replicas()
                    + " validators, final at height " + stored.height() + ", " + millis + " ms");
        }
    }
}
