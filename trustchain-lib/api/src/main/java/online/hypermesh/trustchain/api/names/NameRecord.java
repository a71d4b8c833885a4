package online.hypermesh.trustchain.api.names;

import java.nio.charset.StandardCharsets;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What the ledger knows about a name. Immutable.
 *
 * @param owner who may change it
 * @param content where it leads
 * @param revision 1 at registration, one more with every change
 */
public record NameRecord(NodeId owner, Content content, long revision) {
    /** Name of the ledger module that holds these records. */
    public static final String MODULE = "names";

    /**
     * Where a name leads and what it says.
     *
     * @param addresses at most {@link #MAX_ADDRESSES}
     * @param texts at most {@link #MAX_TEXTS}, each at most {@link #MAX_TEXT_BYTES} bytes of UTF-8
     * @param ttlSeconds how long an answer may be kept, 0..{@link #MAX_TTL_SECONDS}
     */
    public record Content(List<ServiceAddress> addresses, List<String> texts, int ttlSeconds) {
        /** Most addresses of a name. */
        public static final int MAX_ADDRESSES = 16;

        /** Most text entries of a name. */
        public static final int MAX_TEXTS = 16;

        /** Longest text entry in bytes of UTF-8. */
        public static final int MAX_TEXT_BYTES = 255;

        /** Longest time to live in seconds. */
        public static final int MAX_TTL_SECONDS = 86_400;

        /**
         * Copies the lists and checks the limits.
         *
         * @param addresses where it leads
         * @param texts what it says
         * @param ttlSeconds time to live
         */
        public Content {
            addresses = List.copyOf(addresses);
            texts = List.copyOf(texts);
            limit("addresses", addresses.size(), MAX_ADDRESSES);
            limit("text entries", texts.size(), MAX_TEXTS);
            for (String text : texts) {
                limit("bytes in a text entry", text.getBytes(StandardCharsets.UTF_8).length, MAX_TEXT_BYTES);
            }
            if (ttlSeconds < 0) {
                throw new IllegalArgumentException("ttlSeconds must be >= 0, was " + ttlSeconds);
            }
            limit("seconds to live", ttlSeconds, MAX_TTL_SECONDS);
        }

        /**
         * Writes the canonical form as one item.
         *
         * @param w where to
         */
        public void writeTo(CborWriter w) {
            w.array(3)
                    .list(addresses, (o, a) -> a.writeTo(o))
                    .list(texts, CborWriter::text)
                    .uint(ttlSeconds);
        }

        /**
         * Reads the canonical form.
         *
         * @param r where from
         * @return the content
         * @throws online.hypermesh.stoq.base.cbor.CborException if it is not canonical
         * @throws IllegalArgumentException if an address is not acceptable
         */
        public static Content readFrom(CborReader r) {
            r.expectArray(3);
            return new Content(
                    r.list(MAX_ADDRESSES, ServiceAddress::readFrom),
                    r.list(MAX_TEXTS, i -> i.text(MAX_TEXT_BYTES)),
                    r.uint(MAX_TTL_SECONDS));
        }

        private static void limit(String what, int value, int max) {
            if (value > max) {
                throw new IllegalArgumentException(value + " " + what + ", limit " + max);
            }
        }
    }

    /**
     * Key of a name in the module's state.
     *
     * @param name in canonical form
     * @return its ASCII bytes
     */
    public static byte[] key(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(128).array(4).uint(1).bytes(owner.digest().toBytes());
        content.writeTo(w);
        return w.uint(revision).toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the record
     * @throws online.hypermesh.stoq.base.cbor.CborException if they are not canonical
     */
    public static NameRecord decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(4).expect(1, "name record version");
        NameRecord record =
                new NameRecord(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))), Content.readFrom(r), r.uint());
        r.end();
        return record;
    }
}
