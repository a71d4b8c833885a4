package online.hypermesh.impl.consensus.driver;

import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Where a transaction stands in the finalized order; what came of it follows with the receipt.
 *
 * @param height of its block
 * @param index its position in the block
 * @param blockId the block
 */
public record OrderedAt(long height, int index, Digest blockId) {}
