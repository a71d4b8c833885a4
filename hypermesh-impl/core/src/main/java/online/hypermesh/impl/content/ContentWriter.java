package online.hypermesh.impl.content;

import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Stores content for its owner: cuts it into chunks, leaves out what is stored already, and seals the rest in packs before
 * it leaves this process. Memory is bounded but for the list of pack ids (some 150 bytes per MiB stored). Writes one content
 * at a time; thread-safe.
 */
public final class ContentWriter {
    /** Plaintext gathered in one pack, in bytes; a chunk that does not fit starts the next. */
    public static final int PACK_PLAIN_BYTES = 1024 * 1024;

    /** Largest plaintext a reader accepts in one pack, in bytes. */
    public static final int MAX_PACK_PLAIN_BYTES = 4 * 1024 * 1024;

    private final NetworkId network;
    private final SigningKey author;
    private final ContentKeys keys;
    private final ChunkIndex index;
    private final PackSink sink;
    private final ChunkerParameters parameters;
    private final SecureRandom random;

    /**
     * Creates a writer with chunks of 8 KiB on average.
     *
     * @param network the network
     * @param author signs the envelopes; the owner's node key
     * @param keys the owner's content secrets
     * @param index what is stored already
     * @param sink where packs go
     * @param random for keys and salts
     */
    public ContentWriter(
            NetworkId network,
            SigningKey author,
            ContentKeys keys,
            ChunkIndex index,
            PackSink sink,
            SecureRandom random) {
        this(network, author, keys, index, sink, ChunkerParameters.SMALL, random);
    }

    /**
     * Creates a writer.
     *
     * @param network the network
     * @param author signs the envelopes; the owner's node key
     * @param keys the owner's content secrets
     * @param index what is stored already
     * @param sink where packs go
     * @param parameters chunk sizes, at most {@link #PACK_PLAIN_BYTES}
     * @param random for keys and salts
     */
    public ContentWriter(
            NetworkId network,
            SigningKey author,
            ContentKeys keys,
            ChunkIndex index,
            PackSink sink,
            ChunkerParameters parameters,
            SecureRandom random) {
        if (parameters.maxBytes() > PACK_PLAIN_BYTES) {
            throw new IllegalArgumentException(
                    "chunks of up to " + parameters.maxBytes() + " bytes do not fit packs of " + PACK_PLAIN_BYTES);
        }
        this.network = network;
        this.author = author;
        this.keys = keys;
        this.index = index;
        this.sink = sink;
        this.parameters = parameters;
        this.random = random;
    }

    /**
     * Stores content that only its owner can read.
     *
     * @param content what to store; read to its end, not closed
     * @return what came of it; packs are stored when this returns, not yet attested
     * @throws IOException when reading the content fails
     * @throws online.hypermesh.api.error.HypermeshException LIMIT_EXCEEDED when the content needs more than
     *     {@link PackList#MAX_PACKS} packs, and when the sink or the index fails
     */
    public StoredContent write(InputStream content) throws IOException {
        return write(content, List.of());
    }

    /**
     * Stores content for its owner and others.
     *
     * @param content what to store; read to its end, not closed
     * @param others further recipients, at most 31
     * @return what came of it; packs are stored when this returns, not yet attested
     * @throws IOException when reading the content fails
     * @throws online.hypermesh.api.error.HypermeshException LIMIT_EXCEEDED when the content needs more than
     *     {@link PackList#MAX_PACKS} packs, and when the sink or the index fails
     */
    public synchronized StoredContent write(InputStream content, List<RecipientPublicKey> others) throws IOException {
        List<RecipientPublicKey> recipients = new ArrayList<>();
        recipients.add(keys.recipient().publicKey());
        recipients.addAll(others);
        if (recipients.size() > Envelope.MAX_RECIPIENTS) {
            throw new IllegalArgumentException(
                    "an envelope has up to " + Envelope.MAX_RECIPIENTS + " recipients, got " + recipients.size());
        }
        boolean done = false;
        try (WriteSession session = new WriteSession(keys, index, sink, parameters, random, PackList.MAX_PACKS)) {
            WriteSession.Result result = session.run(content);
            Envelope envelope;
            try (SecretBytes manifestKey = session.manifestKey()) {
                envelope = Envelope.seal(network, result.packListId(), author, recipients, manifestKey, random);
            }
            sink.flush();
            index.commit();
            done = true;
            return new StoredContent(
                    new ContentReference(
                            NodeId.of(author.verifyKey()),
                            result.packListId(),
                            result.packCount(),
                            result.manifestPacks(),
                            envelope.encode()),
                    result.storedBytes(),
                    result.newBytes(),
                    result.plainBytes(),
                    result.chunks(),
                    result.uniqueBytes(),
                    result.sha256());
        } finally {
            if (!done) {
                index.rollback();
            }
        }
    }
}
