package online.hypermesh.impl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTests {
    private static final NetworkId ONE = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final NetworkId TWO = new NetworkId(Digest.sha256(new byte[] {2}));

    private static void assertCode(Runnable call, Code code, String text) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(text);
        });
    }

    @Test
    void isCreatedPrivateAndOpensAgainForTheSameNetwork(@TempDir Path parent) throws IOException {
        Path path = parent.resolve("a/b");
        DataDirectory.open(path, ONE).close();
        try (DataDirectory directory = DataDirectory.open(path, ONE)) {
            assertThat(directory.path()).isEqualTo(path);
        }
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void theDataOfAnotherNetworkIsRefusedAndLeftAlone(@TempDir Path parent) {
        DataDirectory.open(parent, ONE).close();
        assertCode(
                () -> DataDirectory.open(parent, TWO),
                Code.WRONG_NETWORK,
                ONE.digest().toShortHex());
        DataDirectory.open(parent, ONE).close();
    }

    @Test
    void aDamagedStampIsRefused(@TempDir Path parent) throws IOException {
        DataDirectory.open(parent, ONE).close();
        Files.writeString(parent.resolve("NETWORK"), "something else");
        assertCode(() -> DataDirectory.open(parent, ONE), Code.CORRUPTED, "NETWORK");
    }

    @Test
    void aSecondOwnerIsToldWhoHasIt(@TempDir Path parent) {
        try (DirectoryLock lock = DirectoryLock.acquire(parent, "node n1")) {
            assertCode(() -> DirectoryLock.acquire(parent, "node n2"), Code.LOCKED, "node n1");
            assertCode(
                    () -> DataDirectory.open(parent, ONE),
                    Code.LOCKED,
                    "pid " + ProcessHandle.current().pid());
            // The refused attempts must not have ended the lock.
            assertCode(() -> DirectoryLock.acquire(parent, "node n3"), Code.LOCKED, "node n1");
            lock.close();
        }
        DirectoryLock.acquire(parent, "node n2").close();
    }

    @Test
    void aFileInTheWayIsNamed(@TempDir Path parent) throws IOException {
        Path file = Files.writeString(parent.resolve("file"), "x");
        assertCode(() -> DataDirectory.open(file, ONE), Code.STORAGE_FAILED, file.toString());
        assertCode(() -> DirectoryLock.acquire(parent.resolve("missing"), "x"), Code.STORAGE_FAILED, "missing");
    }
}
