package online.hypermesh.node.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * How an epoch ended, as somebody trusted says: the start of a client whose founding document is older than the trust period.
 * Written as {@code EPOCH:ID}. Immutable.
 *
 * @param epoch the epoch that ended, at least 0
 * @param headerId id of the header that ended it
 */
public record TrustedCheckpoint(long epoch, Digest headerId) {
    private static final int MAX_TEXT = 128;

    /**
     * Reads the text form.
     *
     * @param text {@code EPOCH:ID}, 64 hexadecimal digits after the colon
     * @return the checkpoint
     * @throws HypermeshException CONFIGURATION when the text is anything else
     */
    public static TrustedCheckpoint parse(String text) {
        String trimmed = text.strip();
        if (!trimmed.matches("[0-9]{1,18}:[0-9a-fA-F]{64}")) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "checkpoint is \"" + (trimmed.length() > MAX_TEXT ? trimmed.substring(0, MAX_TEXT) : trimmed)
                            + "\", but must be EPOCH:ID with 64 hexadecimal digits, as hypermesh checkpoint prints it");
        }
        int colon = trimmed.indexOf(':');
        return new TrustedCheckpoint(
                Long.parseLong(trimmed.substring(0, colon)), Digest.fromHex(trimmed.substring(colon + 1)));
    }

    /**
     * Reads a file that holds the text form.
     *
     * @param file the file
     * @return the checkpoint
     * @throws HypermeshException CONFIGURATION when it cannot be read or holds anything else
     */
    public static TrustedCheckpoint in(Path file) {
        try {
            if (Files.size(file) > MAX_TEXT) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        file + " has " + Files.size(file) + " bytes, a checkpoint at most " + MAX_TEXT);
            }
            return parse(Files.readString(file));
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION, Retry.NEVER, "checkpoint file " + file + " cannot be read: " + e, e);
        }
    }

    @Override
    public String toString() {
        return epoch + ":" + headerId.toHex();
    }
}
