package online.hypermesh.node.cli;

import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code policy}: who may do what. */
@Command(
        name = "policy",
        description = {
            "Change who may do what in a running network, as its operator. A change holds once its transaction is final.",
            "What no rule allows is denied; one denying rule outweighs every allowing one."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            PolicyCommand.Enroll.class,
            PolicyCommand.Expel.class,
            PolicyCommand.Grant.class,
            PolicyCommand.Revoke.class
        })
final class PolicyCommand extends GroupCommand {
    /** What all changes share. */
    abstract static class Change implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private SessionOptions options = new SessionOptions();

        @Option(names = "--via", paramLabel = "NODE", defaultValue = "n1", description = "Through which node.")
        private String via = "n1";

        abstract online.hypermesh.auth.api.PolicyCommand command();

        @Override
        public Integer call() {
            LogFile.none();
            byte[] payload = payload();
            LocalNetwork network = options.running();
            try (OperatorSession session = OperatorSession.open(
                    network, options.checkpoint(), Duration.ofSeconds(10), new MemoryChunkIndex(1))) {
                Receipt receipt = session.client().apply(network.node(via).id(), PolicyState.MODULE, payload);
                spec.commandLine().getOut().println("final at height " + receipt.height());
            }
            return ExitCode.OK.code();
        }

        private byte[] payload() {
            try {
                return command().encode();
            } catch (IllegalArgumentException e) {
                throw new HypermeshException(Code.CONFIGURATION, Retry.NEVER, String.valueOf(e.getMessage()), e);
            }
        }
    }

    /** {@code policy enroll}. */
    @Command(
            name = "enroll",
            description =
                    "Make an identity a member. It may then hold certificates and read what every member may read.",
            mixinStandardHelpOptions = true)
    static final class Enroll extends Change {
        @Parameters(index = "0", paramLabel = "NODE-KEY", description = "Its public node key, 64 hexadecimal digits.")
        private String nodeKey = "";

        @Parameters(index = "1", paramLabel = "LABEL", description = "What people call it; unique in the network.")
        private String label = "";

        @Override
        online.hypermesh.auth.api.PolicyCommand command() {
            return new online.hypermesh.auth.api.PolicyCommand.Enroll(
                    VerifyKey.of(HexFormat.of().parseHex(nodeKey)), label);
        }
    }

    /** {@code policy expel}. */
    @Command(
            name = "expel",
            description = "Remove an enrolled identity together with the rules about it.",
            mixinStandardHelpOptions = true)
    static final class Expel extends Change {
        @Parameters(index = "0", paramLabel = "ID", description = "Its identity, 64 hexadecimal digits.")
        private String id = "";

        @Override
        online.hypermesh.auth.api.PolicyCommand command() {
            return new online.hypermesh.auth.api.PolicyCommand.Expel(NodeId.fromHex(id));
        }
    }

    /** {@code policy grant}. */
    @Command(name = "grant", description = "Add a rule.", mixinStandardHelpOptions = true)
    static final class Grant extends Change {
        @Parameters(
                index = "0",
                paramLabel = "SUBJECT",
                description = "An identity, or any-member, validators, operators, enrolled.")
        private String subject = "";

        @Parameters(index = "1", paramLabel = "ACTION", description = "For example content.get, content.* or *.")
        private String action = "";

        @Parameters(
                index = "2",
                paramLabel = "RESOURCE",
                description = "This path and everything beneath, for example /names.")
        private String resource = "";

        @Option(names = "--deny", description = "Deny instead of allow.")
        private boolean deny;

        @Option(names = "--id", paramLabel = "ID", description = "The rule's name. Without it: made from the rule.")
        private @Nullable String id;

        @Override
        online.hypermesh.auth.api.PolicyCommand command() {
            String text = subject + " " + action + " " + resource + " " + deny;
            String ruleId = id != null
                    ? id
                    : "rule-"
                            + Digest.sha256(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                                    .toShortHex();
            return new online.hypermesh.auth.api.PolicyCommand.Grant(new Rule(
                    ruleId,
                    Subject.parse(subject),
                    new ActionPattern(action),
                    new Resource(resource),
                    deny ? Effect.DENY : Effect.ALLOW));
        }
    }

    /** {@code policy revoke}. */
    @Command(name = "revoke", description = "Remove a rule.", mixinStandardHelpOptions = true)
    static final class Revoke extends Change {
        @Parameters(index = "0", paramLabel = "RULE-ID", description = "The rule's name.")
        private String id = "";

        @Override
        online.hypermesh.auth.api.PolicyCommand command() {
            return new online.hypermesh.auth.api.PolicyCommand.Revoke(id);
        }
    }
}
