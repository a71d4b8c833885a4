package online.hypermesh.impl.content;

import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What came of storing content: the reference to register, and what it amounted to. Immutable.
 *
 * @param reference what it takes to read it back
 * @param storedBytes sum of the lengths of the listed packs, old ones included
 * @param newBytes bytes handed to the sink: packs not stored before, and the pack list
 * @param plainBytes length of the content
 * @param chunks number of chunks it was cut into
 * @param uniqueBytes plaintext bytes of the chunks that were not stored before
 * @param sha256 plain SHA-256 of the content; secret, as it tells which public file this is
 */
public record StoredContent(
        ContentReference reference,
        long storedBytes,
        long newBytes,
        long plainBytes,
        long chunks,
        long uniqueBytes,
        Digest sha256) {}
