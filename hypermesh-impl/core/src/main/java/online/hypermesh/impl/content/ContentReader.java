package online.hypermesh.impl.content;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Reads stored content back, believing no store: it checks the envelope's author, every pack's id, every seal, for the owner
 * every chunk's id, and length and SHA-256 of the whole. Holds a few opened packs. Thread-safe.
 */
public final class ContentReader {
    /** Most bytes that are read unless the caller says otherwise: 1 TiB. */
    public static final long DEFAULT_MAX_BYTES = 1L << 40;

    private static final int OPENED_PACKS = 8;

    private final NetworkId network;
    private final ContentKeys keys;
    private final PackSource source;

    /**
     * Creates a reader.
     *
     * @param network the network
     * @param keys the reader's secrets: the owner's, or those of another recipient
     * @param source where packs come from
     */
    public ContentReader(NetworkId network, ContentKeys keys, PackSource source) {
        this.network = network;
        this.keys = keys;
        this.source = source;
    }

    /**
     * What was read.
     *
     * @param bytes its length
     * @param sha256 its plain SHA-256
     */
    public record Content(long bytes, Digest sha256) {}

    /**
     * Reads a finalized asset.
     *
     * @param asset the asset
     * @param to where the content goes; not closed
     * @return what was read
     * @throws IOException when writing to {@code to} fails
     * @throws HypermeshException see {@link #read(ContentReference, OutputStream)}
     */
    public Content read(Asset asset, OutputStream to) throws IOException {
        return read(ContentReference.of(asset), to);
    }

    /**
     * Reads content of at most {@link #DEFAULT_MAX_BYTES}.
     *
     * @param reference what to read
     * @param to where the content goes; not closed
     * @return what was read
     * @throws IOException when writing to {@code to} fails
     * @throws HypermeshException see {@link #read(ContentReference, OutputStream, long)}
     */
    public Content read(ContentReference reference, OutputStream to) throws IOException {
        return read(reference, to, DEFAULT_MAX_BYTES);
    }

    /**
     * Reads content. Every byte written was authenticated; whether they are all is known when this returns, so discard what
     * was written when it throws. Never writes more than the manifest announces, and nothing when that is too much.
     *
     * @param reference what to read
     * @param to where the content goes; not closed
     * @param maxBytes longest content to accept; few stored bytes may expand to a lot
     * @return what was read
     * @throws IOException when writing to {@code to} fails
     * @throws HypermeshException DENIED when these keys are not a recipient's, NOT_FOUND naming the missing pack, CORRUPTED
     *     naming the damaged pack or chunk, INVALID_SIGNATURE, WRONG_NETWORK, MALFORMED, LIMIT_EXCEEDED
     */
    public Content read(ContentReference reference, OutputStream to, long maxBytes) throws IOException {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("maxBytes must be >= 0, was " + maxBytes);
        }
        Envelope envelope = envelope(reference);
        PackList list = PackList.read(reference.packListId(), this::fetch);
        if (list.packs().size() != reference.packCount()) {
            throw corrupted("Pack list " + reference.packListId() + " holds "
                    + list.packs().size() + " packs, " + reference.packCount() + " were registered");
        }
        try (SecretBytes manifestKey = envelope.open(keys.recipient())) {
            return new Pass(to, maxBytes).run(list.packs(), reference.manifestPacks(), manifestKey);
        }
    }

    private Envelope envelope(ContentReference reference) {
        Envelope envelope;
        try {
            envelope = Envelope.decode(reference.envelope());
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(Code.MALFORMED, Retry.NEVER, "Not an envelope: " + e.getMessage(), e);
        }
        if (!envelope.network().equals(network)) {
            throw new HypermeshException(
                    Code.WRONG_NETWORK,
                    Retry.NEVER,
                    "The envelope belongs to network " + envelope.network() + ", this reader to " + network);
        }
        if (!envelope.subject().equals(reference.packListId())
                || !NodeId.of(envelope.author()).equals(reference.owner())) {
            throw new HypermeshException(
                    Code.INVALID_SIGNATURE, Retry.NEVER, "The envelope is of another content or another author");
        }
        if (envelope.verify() instanceof Verdict.Rejected rejected) {
            throw new HypermeshException(rejected.code(), Retry.NEVER, rejected.detail());
        }
        return envelope;
    }

    private byte[] fetch(Digest id) {
        byte[] pack = source.get(id)
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.WHOLE_OPERATION,
                        "Pack " + id + " is missing. Try another node, or again when more nodes are up"));
        if (!Digest.sha256(pack).equals(id)) {
            throw corrupted("Pack " + id + " was delivered with other bytes (SHA-256 "
                    + Digest.sha256(pack).toShortHex() + "…). Read through another node");
        }
        return pack;
    }

    private static HypermeshException corrupted(String what) {
        return new HypermeshException(Code.CORRUPTED, Retry.WHOLE_OPERATION, what);
    }

    /** A pack's plaintext and the chunks in it that were checked already. */
    private record OpenPack(byte[] plain, Map<Integer, ManifestSegment.ChunkReference> checked) {
        boolean holds(ManifestSegment.ChunkReference chunk, ContentKeys.ChunkIdentity identity) {
            ManifestSegment.ChunkReference before = checked.get(chunk.offset());
            if (before != null
                    && before.length() == chunk.length()
                    && before.id().equals(chunk.id())) {
                return true;
            }
            boolean holds = identity.of(plain, chunk.offset(), chunk.length()).equals(chunk.id());
            if (holds) {
                checked.put(chunk.offset(), chunk);
            }
            return holds;
        }
    }

    /** One reading. */
    private final class Pass {
        private final ContentKeys.ChunkIdentity identity = keys.chunkIdentity();
        private final OutputStream to;
        private final MessageDigest sha = Hashing.sha256();
        private final Map<Digest, OpenPack> opened = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Digest, OpenPack> eldest) {
                return size() > OPENED_PACKS;
            }
        };
        private final long maxBytes;
        private long bytes;
        private long chunks;

        Pass(OutputStream to, long maxBytes) {
            this.to = to;
            this.maxBytes = maxBytes;
        }

        Content run(List<Digest> packs, int manifestPacks, SecretBytes manifestKey) throws IOException {
            int first = packs.size() - manifestPacks;
            int last = manifestPacks - 1;
            // the end comes first: it says how much there is
            ManifestSegment end = segment(packs.get(first + last), last, manifestKey);
            ManifestSegment.Summary summary = end.summary();
            if (summary == null) {
                throw misplaced(packs.get(first + last), "not ", last, manifestPacks);
            }
            if (summary.bytes() > maxBytes) {
                throw new HypermeshException(
                        Code.LIMIT_EXCEEDED,
                        Retry.NEVER,
                        "The content announces " + summary.bytes() + " bytes; at most " + maxBytes
                                + " are read. Allow more if its owner is trusted");
            }
            for (int i = 0; i < last; i++) {
                ManifestSegment segment = segment(packs.get(first + i), i, manifestKey);
                if (segment.summary() != null) {
                    throw misplaced(packs.get(first + i), "", i, manifestPacks);
                }
                copy(segment, summary);
            }
            copy(end, summary);
            return finish(summary);
        }

        private HypermeshException misplaced(Digest id, String not, int index, int manifestPacks) {
            return corrupted("Manifest pack " + id + " is " + not + "the last of its manifest, but stands at "
                    + (index + 1) + " of " + manifestPacks);
        }

        private void copy(ManifestSegment segment, ManifestSegment.Summary summary) throws IOException {
            for (ManifestSegment.ChunkReference chunk : segment.chunks()) {
                if (chunk.length() > summary.bytes() - bytes) {
                    throw corrupted("Chunk " + chunks + " ends beyond the " + summary.bytes()
                            + " bytes that the manifest announces");
                }
                copy(segment, chunk);
            }
        }

        private ManifestSegment segment(Digest id, int number, SecretBytes manifestKey) {
            byte[] key = manifestKey.toBytes();
            try {
                byte[] plain = StreamSeal.open(
                        key, ManifestSegment.context(number), fetch(id), ManifestSegment.MAX_PLAIN_BYTES);
                return ManifestSegment.decode(plain, number);
            } catch (HypermeshException e) {
                throw named("Manifest pack " + id, e);
            } catch (CborException | IllegalArgumentException e) {
                throw new HypermeshException(
                        Code.MALFORMED, Retry.NEVER, "Manifest pack " + id + ": " + e.getMessage(), e);
            } finally {
                Arrays.fill(key, (byte) 0);
            }
        }

        private void copy(ManifestSegment segment, ManifestSegment.ChunkReference chunk) throws IOException {
            ManifestSegment.KeyedPack pack = segment.packs().get(chunk.pack());
            OpenPack open = opened.get(pack.id());
            if (open == null) {
                open = new OpenPack(open(pack), new HashMap<>());
                opened.put(pack.id(), open);
            }
            byte[] plain = open.plain();
            if (chunk.length() < 1 || chunk.length() > plain.length - chunk.offset()) {
                throw corrupted("Chunk " + chunks + " lies at " + chunk.offset() + "+" + chunk.length()
                        + ", outside pack " + pack.id() + " of " + plain.length + " bytes");
            }
            if (segment.domain().equals(keys.domain()) && !open.holds(chunk, identity)) {
                throw corrupted("Chunk " + chunks + " in pack " + pack.id() + " does not match its id " + chunk.id());
            }
            sha.update(plain, chunk.offset(), chunk.length());
            to.write(plain, chunk.offset(), chunk.length());
            bytes += chunk.length();
            chunks++;
        }

        private byte[] open(ManifestSegment.KeyedPack pack) {
            byte[] sealed = fetch(pack.id());
            try {
                return StreamSeal.open(
                        pack.key(), WriteSession.PACK_CONTEXT, sealed, ContentWriter.MAX_PACK_PLAIN_BYTES);
            } catch (HypermeshException e) {
                throw named("Pack " + pack.id(), e);
            }
        }

        private Content finish(ManifestSegment.Summary summary) {
            Digest sha256 = Digest.of(sha.digest());
            if (summary.bytes() != bytes
                    || summary.chunks() != chunks
                    || !summary.sha256().equals(sha256)) {
                throw corrupted("Read " + bytes + " bytes in " + chunks + " chunks with SHA-256 " + sha256
                        + "; the manifest announces " + summary.bytes() + " in " + summary.chunks() + " with "
                        + summary.sha256());
            }
            return new Content(bytes, sha256);
        }

        private HypermeshException named(String what, HypermeshException cause) {
            return cause.getMessage() != null && cause.getMessage().contains(what)
                    ? cause
                    : new HypermeshException(cause.code(), cause.retry(), what + ": " + cause.getMessage(), cause);
        }
    }
}
