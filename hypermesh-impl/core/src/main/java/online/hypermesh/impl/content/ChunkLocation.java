package online.hypermesh.impl.content;

/**
 * Where a chunk lies.
 *
 * @param pack the pack
 * @param offset first byte in the pack's plaintext
 * @param length number of bytes
 */
public record ChunkLocation(StoredPack pack, int offset, int length) {}
