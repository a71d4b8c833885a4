package online.hypermesh.node.keys;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;

/** Where the passphrase of a keystore comes from. Immutable. */
public sealed interface PassphraseSource {
    /** The environment variable that {@link #environment()} reads. */
    String VARIABLE = "HYPERMESH_PASSPHRASE";

    /** Shortest passphrase accepted, in bytes of UTF-8. */
    int MIN_BYTES = 8;

    /**
     * Reads the passphrase.
     *
     * @return its UTF-8 bytes; the caller closes it
     * @throws HypermeshException CONFIGURATION when there is none or it is too short
     */
    SecretBytes read();

    /**
     * The passphrase in {@value #VARIABLE}.
     *
     * @return the source
     */
    static PassphraseSource environment() {
        return new InEnvironment(VARIABLE);
    }

    /**
     * The first line of a file.
     *
     * @param file readable by its owner alone
     */
    record InFile(Path file) implements PassphraseSource {
        @Override
        public SecretBytes read() {
            try {
                FilePermissions.requireOwnerOnly(file);
                byte[] content = Files.readAllBytes(file);
                int end = 0;
                while (end < content.length && content[end] != '\n' && content[end] != '\r') {
                    end++;
                }
                byte[] line = java.util.Arrays.copyOf(content, end);
                java.util.Arrays.fill(content, (byte) 0);
                return checked(line, "file " + file);
            } catch (NoSuchFileException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "passphrase file " + file + " does not exist. Create it with mode 0600, or set " + VARIABLE,
                        e);
            } catch (IOException e) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "passphrase file " + file + " cannot be read: " + e.getMessage(),
                        e);
            }
        }
    }

    /**
     * The value of an environment variable.
     *
     * @param variable its name
     */
    record InEnvironment(String variable) implements PassphraseSource {
        @Override
        public SecretBytes read() {
            String value = System.getenv(variable);
            if (value == null) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "no passphrase for the keystore: set passphrase-file, or the environment variable " + variable);
            }
            return checked(value.getBytes(StandardCharsets.UTF_8), "environment variable " + variable);
        }
    }

    private static SecretBytes checked(byte[] passphrase, String where) {
        if (passphrase.length < MIN_BYTES) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "the passphrase in " + where + " has " + passphrase.length + " bytes, at least " + MIN_BYTES
                            + " are needed");
        }
        SecretBytes secret = SecretBytes.copyOf(passphrase);
        java.util.Arrays.fill(passphrase, (byte) 0);
        return secret;
    }
}
