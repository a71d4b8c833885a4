package online.hypermesh.impl.block;

import online.hypermesh.stoq.base.crypto.SecretBytes;

/**
 * A block just sealed, and its data key, which its author wraps to readers and keeps to add others later.
 *
 * @param block the block
 * @param dataKey 32 secret bytes; closing wipes them
 */
public record FreshBlock(SealedBlock block, SecretBytes dataKey) implements AutoCloseable {
    /** Wipes the data key; idempotent. */
    @Override
    public void close() {
        dataKey.close();
    }
}
