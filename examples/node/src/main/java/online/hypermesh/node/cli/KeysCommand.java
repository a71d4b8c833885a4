package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.client.VotingKeyRotation;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code keys}: the keystore of a node, an operator or a guest. */
@Command(
        name = "keys",
        description = {
            "Make, show, back up, restore and rotate the keys of an identity.",
            "A keystore is one file of mode 0600, encrypted with a passphrase (scrypt, AES-256-GCM). Without it nobody can"
                    + " continue as this node: keep a backup elsewhere."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            KeysCommand.Init.class,
            KeysCommand.Show.class,
            KeysCommand.Backup.class,
            KeysCommand.Restore.class,
            KeysCommand.Rotate.class
        })
final class KeysCommand extends GroupCommand {
    /** Which keystore, and what opens it. */
    static final class KeystoreOptions {
        @Option(names = "--keystore-file", paramLabel = "FILE", required = true, description = "The keystore.")
        private Path file = Path.of("");

        @Option(
                names = "--passphrase-file",
                paramLabel = "FILE",
                description = "File of mode 0600 whose first line opens the keystore. Without it: environment variable "
                        + PassphraseSource.VARIABLE + ".")
        private @Nullable Path passphraseFile;

        KeystoreFile keystore() {
            return new KeystoreFile(file);
        }

        SecretBytes passphrase() {
            PassphraseSource source = passphraseFile == null
                    ? PassphraseSource.environment()
                    : new PassphraseSource.InFile(passphraseFile);
            return source.read();
        }
    }

    /** A command about one keystore. */
    abstract static class OnKeystore implements Runnable {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private KeystoreOptions options = new KeystoreOptions();

        KeystoreFile keystore() {
            return options.keystore();
        }

        SecretBytes passphrase() {
            return options.passphrase();
        }

        PrintWriter out() {
            return spec.commandLine().getOut();
        }

        void copy(KeystoreFile from, KeystoreFile to) {
            try (SecretBytes passphrase = passphrase();
                    NodeKeys keys = from.open(passphrase)) {
                to.create(keys, passphrase, KeystoreFile.Passphrase.HUMAN);
                to.open(passphrase).close();
            }
        }
    }

    /** A command that prints the public keys of a keystore. */
    abstract static class Describing extends OnKeystore {
        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        void print(NodeKeys keys) {
            Map<String, Object> rows = new LinkedHashMap<>();
            rows.put("id", keys.id().toString());
            rows.put("nodeKey", keys.node().verifyKey().toString());
            rows.put("votingKey", keys.voting().verifyKey().toString());
            keys.nextVoting()
                    .ifPresent(
                            next -> rows.put("nextVotingKey", next.verifyKey().toString()));
            rows.put("issuerKey", keys.issuer().verifyKey().toString());
            rows.put("voteLog", keys.voteLogId().map(HexFormat.of()::formatHex).orElse("none yet"));
            rows.put("keystore", keystore().path().toAbsolutePath().toString());
            if (json) {
                Output.json(out(), rows);
            } else {
                rows.forEach((k, v) -> out().printf("%-10s %s%n", k, v));
            }
        }
    }

    /** {@code keys init}. */
    @Command(
            name = "init",
            description = "Make fresh keys in a new keystore. An existing file is never overwritten.",
            mixinStandardHelpOptions = true)
    static final class Init extends Describing {
        @Override
        public void run() {
            try (SecretBytes passphrase = passphrase();
                    NodeKeys keys = NodeKeys.generate(new SecureRandom())) {
                keystore().create(keys, passphrase, KeystoreFile.Passphrase.HUMAN);
                print(keys);
            }
        }
    }

    /** {@code keys show}. */
    @Command(
            name = "show",
            description =
                    "Print the public keys in a keystore; never a secret. With --json: what genesis create reads.",
            mixinStandardHelpOptions = true)
    static final class Show extends Describing {
        @Override
        public void run() {
            try (SecretBytes passphrase = passphrase();
                    NodeKeys keys = keystore().open(passphrase)) {
                print(keys);
            }
        }
    }

    /** {@code keys backup}. */
    @Command(
            name = "backup",
            description = {
                "Write the keys to a new encrypted file, opened with the same passphrase.",
                "A backup knows the vote log of its day; a validator restored from it asks its peers before it votes."
            },
            mixinStandardHelpOptions = true)
    static final class Backup extends OnKeystore {
        @Parameters(paramLabel = "TO", description = "The backup; must not exist.")
        private Path to = Path.of("");

        @Override
        public void run() {
            copy(keystore(), new KeystoreFile(to));
            out().println("backup written and opened again: " + to.toAbsolutePath());
        }
    }

    /** {@code keys rotate}. */
    @Command(
            name = "rotate",
            description = {
                "Replace a validator's voting key, through a running network. Repeat the command until it says finished:",
                "it makes the new key in the keystore and tells the ledger; restart the node then, so that it has both keys."
                        + " When the next epoch has begun, the command removes the old key; restart the node once more.",
                "After a theft stop the node first, and start it when the next epoch has begun: until then the thief's votes"
                        + " and the node's would contradict each other."
            },
            mixinStandardHelpOptions = true)
    static final class Rotate extends OnKeystore {
        @Mixin
        private SessionOptions options = new SessionOptions();

        @Option(
                names = "--via",
                paramLabel = "NODE",
                defaultValue = "n1",
                description = "Through which node; after a theft another one than the stopped one.")
        private String via = "n1";

        @Override
        public void run() {
            LogFile.none();
            LocalNetwork network = options.running();
            try (SecretBytes passphrase = passphrase();
                    NodeKeys keys = keystore().open(passphrase);
                    OperatorSession session = OperatorSession.open(
                            network, options.checkpoint(), Duration.ofSeconds(10), new MemoryChunkIndex(1))) {
                VotingKeyRotation rotation = new VotingKeyRotation(
                        session.client(), network.node(via).id(), new SecureRandom());
                VotingKeyRotation.Progress progress =
                        rotation.advance(keys, changed -> keystore().replace(changed, passphrase));
                out().println(
                                switch (progress.step()) {
                                    case ASKED ->
                                        "asked: voting key " + progress.votingKey() + " counts when epoch "
                                                + progress.epoch()
                                                + " has ended. Restart the node before, then repeat this command";
                                    case WAITING ->
                                        "waiting: voting key " + progress.votingKey() + " counts when epoch "
                                                + progress.epoch() + " has ended. Repeat this command then";
                                    case FINISHED ->
                                        "finished: voting key " + progress.votingKey()
                                                + " is in use, the old one is removed. Restart the node, and destroy backups that"
                                                + " hold the old one";
                                });
            }
        }
    }

    /** {@code keys restore}. */
    @Command(
            name = "restore",
            description =
                    "Bring a backup back as a keystore. An existing keystore is never overwritten: move it away first.",
            mixinStandardHelpOptions = true)
    static final class Restore extends OnKeystore {
        @Parameters(paramLabel = "FROM", description = "The backup.")
        private Path from = Path.of("");

        @Override
        public void run() {
            copy(new KeystoreFile(from), keystore());
            out().println("keystore restored and opened: " + keystore().path().toAbsolutePath());
        }
    }
}
