package online.hypermesh.impl.content;

import java.util.Arrays;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What an owner remembers about a pack it stored. Immutable.
 *
 * @param id SHA-256 of the sealed bytes
 * @param salt the public salt its key is derived with, 32 bytes
 * @param storedBytes length of the sealed bytes
 */
public record StoredPack(Digest id, byte[] salt, int storedBytes) {
    /**
     * Checks and copies.
     *
     * @param id SHA-256 of the sealed bytes
     * @param salt 32 bytes
     * @param storedBytes at least 1
     */
    public StoredPack {
        if (salt.length != StreamSeal.SALT_BYTES || storedBytes < 1) {
            throw new IllegalArgumentException("a pack has a salt of " + StreamSeal.SALT_BYTES
                    + " bytes and is not empty, got " + salt.length + " and " + storedBytes);
        }
        salt = salt.clone();
    }

    @Override
    public byte[] salt() {
        return salt.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StoredPack p
                && id.equals(p.id)
                && storedBytes == p.storedBytes
                && Arrays.equals(salt, p.salt);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }
}
