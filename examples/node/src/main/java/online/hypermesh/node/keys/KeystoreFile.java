package online.hypermesh.node.keys;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.files.DurableFile;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import org.bouncycastle.crypto.generators.SCrypt;
import org.jspecify.annotations.Nullable;

/**
 * The encrypted keys of one identity in one file: AES-256-GCM (NIST SP 800-38D) under a key that scrypt (RFC 7914)
 * derives from a passphrase; the head is authenticated. The file has mode 0600 and is replaced atomically. Immutable.
 *
 * @param path the file
 */
public record KeystoreFile(Path path) {
    private static final String MAGIC = "hypermesh-keystore";
    private static final int VERSION = 1;
    private static final int KDF_SCRYPT = 1;
    private static final int MIN_LOG2_N = 10;
    private static final int MAX_LOG2_N = 20;
    private static final int R = 8;
    private static final int P = 1;
    private static final int SALT_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int MAX_FILE_BYTES = 4096;

    /** How hard guessing the passphrase is made; kept in the file. */
    public enum Passphrase {
        /** Chosen by a person: one guess costs 32 MiB and a tenth of a second. */
        HUMAN(15),
        /** At least 128 random bits made by a machine, which nobody guesses at any price. */
        RANDOM(MIN_LOG2_N);

        private final int log2N;

        Passphrase(int log2N) {
            this.log2N = log2N;
        }
    }

    /**
     * Writes keys to a new file.
     *
     * @param keys what to keep
     * @param passphrase what will open it
     * @param kind where the passphrase comes from
     * @throws HypermeshException CONFLICT when the file exists, STORAGE_FAILED when the disk refuses
     */
    public void create(NodeKeys keys, SecretBytes passphrase, Passphrase kind) {
        if (Files.exists(path)) {
            throw exists(null);
        }
        write(keys, passphrase, kind.log2N, false);
    }

    /**
     * Replaces the keys in the file; after a crash either the old or the new content is there.
     *
     * @param keys what to keep
     * @param passphrase what will open it, of the same kind as before
     * @throws HypermeshException NOT_FOUND and CORRUPTED as {@link #open}, STORAGE_FAILED when the disk refuses
     */
    public void replace(NodeKeys keys, SecretBytes passphrase) {
        write(keys, passphrase, Envelope.decode(readBytes(), path).log2N(), true);
    }

    /**
     * Opens the file.
     *
     * @param passphrase what it was written with
     * @return the keys; the caller closes them
     * @throws HypermeshException NOT_FOUND without the file, CONFIGURATION when others may read it, CORRUPTED when it is not
     *     a keystore, DENIED for a wrong passphrase (or changed bytes: the two cannot be told apart)
     */
    public NodeKeys open(SecretBytes passphrase) {
        byte[] content = readBytes();
        Envelope envelope = Envelope.decode(content, path);
        byte[] plain = envelope.open(passphrase, path);
        try {
            return NodeKeys.decode(plain);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "keystore " + path + " opened, but its content is not a set of keys: " + e.getMessage(),
                    e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private byte[] readBytes() {
        try {
            FilePermissions.requireOwnerOnly(path);
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw corrupted("it has " + Files.size(path) + " bytes, limit " + MAX_FILE_BYTES, null);
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.NEVER,
                    "keystore " + path + " does not exist. Make one with: hypermesh keys init --keystore-file " + path
                            + ", or bring a copy back with: hypermesh keys restore",
                    e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "keystore " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private HypermeshException corrupted(String why, @Nullable Throwable cause) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                path + " is not a keystore: " + why + ". Bring a copy back with: hypermesh keys restore",
                cause);
    }

    private HypermeshException exists(@Nullable Throwable cause) {
        return new HypermeshException(
                Code.CONFLICT,
                Retry.NEVER,
                "keystore " + path + " exists already and is never overwritten. Name another file, or move it away",
                cause);
    }

    private void write(NodeKeys keys, SecretBytes passphrase, int log2N, boolean overwrite) {
        byte[] content = Envelope.seal(keys, passphrase, log2N).encode();
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null) {
            throw corrupted("a directory cannot be one", null);
        }
        try {
            Files.createDirectories(directory);
            if (overwrite) {
                DurableFile.replace(path, content, FilePermissions.ownerOnly(directory));
            } else {
                DurableFile.create(path, content, FilePermissions.ownerOnly(directory));
            }
        } catch (FileAlreadyExistsException e) {
            throw exists(e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "keystore " + path + " cannot be written: " + e, e);
        }
    }

    /** The file's parts; the head is the associated data of the cipher. */
    private record Envelope(int log2N, int r, int p, byte[] salt, byte[] nonce, byte[] sealed) {
        static Envelope seal(NodeKeys keys, SecretBytes passphrase, int log2N) {
            SecureRandom random = new SecureRandom();
            byte[] salt = new byte[SALT_BYTES];
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(salt);
            random.nextBytes(nonce);
            Envelope head = new Envelope(log2N, R, P, salt, nonce, new byte[0]);
            byte[] plain = keys.encode();
            try {
                byte[] sealed = head.cipher(Cipher.ENCRYPT_MODE, passphrase).doFinal(plain);
                return new Envelope(log2N, R, P, salt, nonce, sealed);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-256-GCM is required of every Java platform", e);
            } finally {
                Arrays.fill(plain, (byte) 0);
            }
        }

        byte[] open(SecretBytes passphrase, Path path) {
            try {
                return cipher(Cipher.DECRYPT_MODE, passphrase).doFinal(sealed);
            } catch (AEADBadTagException e) {
                throw new HypermeshException(
                        Code.DENIED,
                        Retry.NEVER,
                        "keystore " + path + " does not open: the passphrase is wrong, or the file was changed",
                        e);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-256-GCM is required of every Java platform", e);
            }
        }

        private Cipher cipher(int mode, SecretBytes passphrase) throws GeneralSecurityException {
            byte[] phrase = passphrase.toBytes();
            byte[] key = SCrypt.generate(phrase, salt, 1 << log2N, r, p, 32);
            try {
                Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
                cipher.updateAAD(head().toBytes());
                return cipher;
            } finally {
                Arrays.fill(phrase, (byte) 0);
                Arrays.fill(key, (byte) 0);
            }
        }

        private CborWriter head() {
            return new CborWriter(1024)
                    .array(9)
                    .text(MAGIC)
                    .uint(VERSION)
                    .uint(KDF_SCRYPT)
                    .uint(log2N)
                    .uint(r)
                    .uint(p)
                    .bytes(salt)
                    .bytes(nonce);
        }

        byte[] encode() {
            return head().bytes(sealed).toBytes();
        }

        static Envelope decode(byte[] bytes, Path path) {
            try {
                CborReader reader = new CborReader(bytes).expectArray(9);
                String magic = reader.text(64);
                if (!magic.equals(MAGIC)) {
                    throw new CborException("it begins with \"" + magic + "\" instead of \"" + MAGIC + "\"");
                }
                reader.expect(VERSION, "keystore version").expect(KDF_SCRYPT, "key derivation");
                int log2N = reader.uint(MAX_LOG2_N);
                if (log2N < MIN_LOG2_N) {
                    throw new CborException("scrypt cost 2^" + log2N + " is below 2^" + MIN_LOG2_N);
                }
                reader.expect(R, "scrypt block size").expect(P, "scrypt parallelism");
                Envelope envelope = new Envelope(
                        log2N,
                        R,
                        P,
                        reader.fixedBytes(SALT_BYTES),
                        reader.fixedBytes(NONCE_BYTES),
                        reader.bytes(MAX_FILE_BYTES));
                reader.end();
                return envelope;
            } catch (CborException e) {
                throw new KeystoreFile(path).corrupted(e.getMessage() == null ? "malformed" : e.getMessage(), e);
            }
        }
    }
}
