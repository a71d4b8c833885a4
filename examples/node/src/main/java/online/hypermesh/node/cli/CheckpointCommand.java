package online.hypermesh.node.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.client.TrustedCheckpoint;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.error.Retry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code checkpoint}: what others may begin with. */
@Command(
        name = "checkpoint",
        description = {
            "Print the newest end of an epoch, as EPOCH:ID, proven to this client.",
            "Give it, over a channel they trust, to those who join later than 14 days after the founding: they pass it as"
                    + " --checkpoint."
        },
        mixinStandardHelpOptions = true)
final class CheckpointCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private SessionOptions options = new SessionOptions();

    @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
    private String via = "n1";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        LogFile.none();
        LocalNetwork network = options.running();
        try (OperatorSession session =
                OperatorSession.open(network, options.checkpoint(), Duration.ofSeconds(10), new MemoryChunkIndex(1))) {
            TrustedCheckpoint checkpoint = session.client()
                    .checkpoint(network.node(via).id())
                    .orElseThrow(() -> new HypermeshException(
                            Code.NOT_FOUND,
                            Retry.WHOLE_OPERATION,
                            "the first epoch of network " + options.name()
                                    + " has not ended yet: the founding document is all there is to begin with. Epochs last "
                                    + network.genesis().parameters().epochSeconds() + " s"));
            if (json) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("checkpoint", checkpoint.toString());
                row.put("epoch", checkpoint.epoch());
                row.put("headerId", checkpoint.headerId().toHex());
                Output.json(spec.commandLine().getOut(), row);
            } else {
                spec.commandLine().getOut().println(checkpoint);
            }
        }
        return ExitCode.OK.code();
    }
}
