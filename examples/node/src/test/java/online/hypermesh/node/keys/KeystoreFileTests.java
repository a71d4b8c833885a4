package online.hypermesh.node.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeystoreFileTests {
    @TempDir
    Path dir;

    private final NodeKeys keys = NodeKeys.generate(new SecureRandom());
    private final SecretBytes phrase = SecretBytes.copyOf("correct horse".getBytes(StandardCharsets.UTF_8));
    private Path path;
    private KeystoreFile file;

    @BeforeEach
    void place() {
        path = dir.resolve("keys/n1.keystore");
        file = new KeystoreFile(path);
    }

    private static void failsWith(Code code, ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code))
                .message()
                .contains(words);
    }

    @Test
    void opensWithWhatItWasWrittenWith() {
        byte[] log = new byte[16];
        log[3] = 7;
        file.create(keys.withVoteLogId(log), phrase, KeystoreFile.Passphrase.HUMAN);

        try (NodeKeys opened = file.open(phrase)) {
            assertThat(opened.id()).isEqualTo(keys.id());
            assertThat(opened.voting().verifyKey()).isEqualTo(keys.voting().verifyKey());
            assertThat(opened.issuer().verifyKey()).isEqualTo(keys.issuer().verifyKey());
            assertThat(opened.contentSeed().toBytes())
                    .isEqualTo(keys.contentSeed().toBytes());
            assertThat(opened.voteLogId()).contains(log);
        }
    }

    @Test
    void keepsTheVotingKeyThatIsBeingReplacedUntilItIs() {
        byte[] log = new byte[16];
        log[3] = 7;
        SigningKey next = SigningKey.generate(new SecureRandom());
        file.create(keys.withVoteLogId(log), phrase, KeystoreFile.Passphrase.RANDOM);
        try (NodeKeys opened = file.open(phrase)) {
            assertThat(opened.nextVoting()).isEmpty();
            file.replace(opened.withNextVoting(next), phrase);
        }
        try (NodeKeys both = file.open(phrase)) {
            assertThat(both.votingKeys().stream().map(SigningKey::verifyKey))
                    .containsExactly(keys.voting().verifyKey(), next.verifyKey());
            assertThat(both.withVoteLogId(log).nextVoting()).isPresent();
            assertThatThrownBy(() -> both.withNextVoting(next)).isInstanceOf(IllegalStateException.class);
            file.replace(both.withNextVotingAlone(), phrase);
        }
        try (NodeKeys after = file.open(phrase)) {
            assertThat(after.voting().verifyKey()).isEqualTo(next.verifyKey());
            assertThat(after.nextVoting()).isEmpty();
            assertThat(after.voteLogId()).contains(log);
            assertThat(after.id()).isEqualTo(keys.id());
            assertThatThrownBy(after::withNextVotingAlone).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void keysOfTheFirstVersionAreRead() {
        CborWriter w = new CborWriter(256).array(6).uint(1);
        for (SigningKey key : new SigningKey[] {keys.node(), keys.voting(), keys.issuer()}) {
            key.seed().use(w::bytes);
        }
        keys.contentSeed().use(w::bytes);
        w.nil();
        try (NodeKeys read = NodeKeys.decode(w.toBytes())) {
            assertThat(read.id()).isEqualTo(keys.id());
            assertThat(read.voting().verifyKey()).isEqualTo(keys.voting().verifyKey());
            assertThat(read.nextVoting()).isEmpty();
        }
    }

    @Test
    void isReadableByItsOwnerAloneAndHoldsNoSecretInTheClear() throws Exception {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        String content = new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
        assertThat(content).doesNotContain(new String(keys.node().seed().toBytes(), StandardCharsets.ISO_8859_1));
    }

    @Test
    void isNotOpenedWhenOthersMayReadIt() throws Exception {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));

        failsWith(Code.CONFIGURATION, () -> file.open(phrase), "chmod 600");
    }

    @Test
    void wrongPassphraseIsRefused() {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);

        failsWith(
                Code.DENIED,
                () -> file.open(SecretBytes.copyOf("wrong horse".getBytes(StandardCharsets.UTF_8))),
                "passphrase");
    }

    @Test
    void everyChangedByteIsNoticed() throws Exception {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);
        byte[] good = Files.readAllBytes(path);
        for (int at : new int[] {0, 5, 20, 21, 22, 23, 24, 30, 45, 60, good.length - 1}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(path, bad);
            assertThatThrownBy(() -> file.open(phrase)).as("byte " + at).isInstanceOf(HypermeshException.class);
        }
    }

    @Test
    void existingFileIsNeverOverwrittenByCreate() throws Exception {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);
        byte[] before = Files.readAllBytes(path);

        failsWith(
                Code.CONFLICT,
                () -> file.create(NodeKeys.generate(new SecureRandom()), phrase, KeystoreFile.Passphrase.HUMAN),
                "never overwritten");
        assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }

    @Test
    void replaceKeepsTheModeAndLeavesNothingBehind() throws Exception {
        file.create(keys, phrase, KeystoreFile.Passphrase.HUMAN);
        byte[] log = new byte[16];
        log[5] = 9;
        file.replace(keys.withVoteLogId(log), phrase);

        assertThat(file.open(phrase).voteLogId()).contains(log);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        try (var files = Files.list(path.getParent())) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void missingFileSaysHowToMakeOne() {
        failsWith(Code.NOT_FOUND, () -> file.open(phrase), "keys init");
    }

    @Test
    void passphraseFileIsReadUpToTheFirstLineEndAndMustBePrivate() throws Exception {
        Path secret = Files.writeString(dir.resolve("passphrase"), "a long enough phrase\r\nrest\n");
        PassphraseSource source = new PassphraseSource.InFile(secret);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
        failsWith(Code.CONFIGURATION, source::read, "chmod 600");

        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        try (SecretBytes read = source.read()) {
            assertThat(read.toBytes()).isEqualTo("a long enough phrase".getBytes(StandardCharsets.UTF_8));
        }
        Files.writeString(secret, "short\n");
        failsWith(Code.CONFIGURATION, source::read, "at least 8");
    }
}
