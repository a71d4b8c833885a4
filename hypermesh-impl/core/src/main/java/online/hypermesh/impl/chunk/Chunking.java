package online.hypermesh.impl.chunk;

import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A way to cut content: algorithm, sizes and, for content that nobody may recognise by the sizes of its chunks, a secret
 * key. Streams cut in the same way share chunks. Thread-safe.
 */
public final class Chunking {
    private final ChunkerParameters parameters;
    private final @Nullable ChunkerKey key;

    private Chunking(ChunkerParameters parameters, @Nullable ChunkerKey key) {
        this.parameters = Objects.requireNonNull(parameters);
        this.key = key;
    }

    /**
     * FastCDC without a key, {@link FastCdcChunker}: everybody cuts alike. For public content.
     *
     * @param parameters sizes
     * @return the way to cut
     */
    public static Chunking open(ChunkerParameters parameters) {
        return new Chunking(parameters, null);
    }

    /**
     * Cutting under a key, {@link KeyedChunker}. For private content.
     *
     * @param parameters sizes
     * @param key the secret; stays the caller's
     * @return the way to cut
     */
    public static Chunking keyed(ChunkerParameters parameters, ChunkerKey key) {
        return new Chunking(parameters, Objects.requireNonNull(key));
    }

    /**
     * Starts cutting at the stream's position.
     *
     * @param input what to cut; not closed
     * @return the chunker, before the first chunk
     * @throws IllegalStateException when the key was destroyed
     */
    public Chunker start(InputStream input) {
        return key == null ? new FastCdcChunker(input, parameters) : new KeyedChunker(input, parameters, key);
    }

    /**
     * What names the algorithm in manifests.
     *
     * @return {@link FastCdcChunker#ID} or {@link KeyedChunker#ID}
     */
    public int id() {
        return key == null ? FastCdcChunker.ID : KeyedChunker.ID;
    }

    /**
     * The sizes.
     *
     * @return the sizes
     */
    public ChunkerParameters parameters() {
        return parameters;
    }

    /**
     * What names the key in manifests; tells nothing about it.
     *
     * @return the name, empty without a key
     */
    public Optional<Digest> keyId() {
        return key == null ? Optional.empty() : Optional.of(key.id());
    }

    @Override
    public String toString() {
        return "Chunking[" + id() + ", " + parameters
                + (key == null ? "" : ", key " + key.id().toShortHex()) + "]";
    }
}
