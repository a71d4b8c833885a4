package online.hypermesh.stoq.session;

import java.util.List;
import java.util.function.Function;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** A frame of the STOQ hello, {@code docs/spec/stoq.md}: canonical CBOR after a length of four bytes. Immutable. */
sealed interface HelloFrame {
    /** Largest frame in bytes, without its length. */
    int MAX_BYTES = 64 * 1024;

    int NONCE_BYTES = 32;
    int MAX_VERSION = 0xffff;
    int MAX_VERSIONS = 8;
    int MAX_CORE_BYTES = 60 * 1024;
    int MAX_CERTIFICATES = 4;
    int MAX_CERTIFICATE_BYTES = 8192;
    int MAX_REFUSAL_CODE_BYTES = 64;
    int MAX_REFUSAL_DETAIL_BYTES = 1024;

    /** The server's versions, nonce and offers; the first frame. Its shape is the same in every version. */
    record Challenge(List<Integer> versions, byte[] nonce, List<Offer> offers) implements HelloFrame {
        @Override
        public byte[] encode() {
            CborWriter out = new CborWriter(96).array(4).uint(1);
            writeVersions(out, versions);
            Offer.write(out.bytes(nonce), offers);
            return out.toBytes();
        }
    }

    /** What the client says, and the proof of it. */
    record ClientHello(int version, byte[] core, HelloProof proof) implements HelloFrame {
        @Override
        public byte[] encode() {
            CborWriter out = new CborWriter(core.length + 160)
                    .array(4)
                    .uint(2)
                    .uint(version)
                    .bytes(core);
            HelloProof.write(out, proof);
            return out.toBytes();
        }
    }

    /** What the client's proof covers of its hello. */
    record ClientCore(
            List<Integer> versions,
            NetworkId network,
            NodeId server,
            Digest serverLeaf,
            byte[] nonce,
            List<Offer> offers,
            List<byte[]> chain,
            byte[] staple) {
        byte[] encode() {
            CborWriter out = new CborWriter(4096).array(8);
            writeVersions(out, versions);
            out.bytes(network.digest().toBytes())
                    .bytes(server.digest().toBytes())
                    .bytes(serverLeaf.toBytes())
                    .bytes(nonce);
            Offer.write(out, offers);
            return out.list(chain, CborWriter::bytes).bytes(staple).toBytes();
        }

        static ClientCore decode(byte[] encoded) {
            return read(encoded, in -> {
                in.expectArray(8);
                return new ClientCore(
                        readVersions(in),
                        new NetworkId(Digest.of(in.fixedBytes(Digest.LENGTH))),
                        new NodeId(Digest.of(in.fixedBytes(Digest.LENGTH))),
                        Digest.of(in.fixedBytes(Digest.LENGTH)),
                        in.fixedBytes(NONCE_BYTES),
                        Offer.read(in),
                        readChain(in),
                        in.bytes(Credentials.MAX_STAPLE_BYTES));
            });
        }
    }

    /** What the server says, and the proof of it. */
    record ServerHello(byte[] core, HelloProof proof) implements HelloFrame {
        @Override
        public byte[] encode() {
            CborWriter out = new CborWriter(core.length + 160).array(3).uint(3).bytes(core);
            HelloProof.write(out, proof);
            return out.toBytes();
        }
    }

    /** What the server's proof covers of its hello. */
    record ServerCore(List<Offer> selection, List<byte[]> chain, byte[] staple) {
        byte[] encode() {
            CborWriter out = new CborWriter(4096).array(3);
            Offer.write(out, selection);
            return out.list(chain, CborWriter::bytes).bytes(staple).toBytes();
        }

        static ServerCore decode(byte[] encoded) {
            return read(encoded, in -> {
                in.expectArray(3);
                return new ServerCore(Offer.read(in), readChain(in), in.bytes(Credentials.MAX_STAPLE_BYTES));
            });
        }
    }

    /** The client accepts the server; application data may follow. */
    record Accepted() implements HelloFrame {
        @Override
        public byte[] encode() {
            return new CborWriter(16).array(1).uint(4).toBytes();
        }
    }

    /** One side refuses the other; the connection is closed after it. */
    record Refusal(String code, String detail) implements HelloFrame {
        @Override
        public byte[] encode() {
            return new CborWriter(128)
                    .array(3)
                    .uint(5)
                    .text(cut(code, MAX_REFUSAL_CODE_BYTES))
                    .text(cut(detail, MAX_REFUSAL_DETAIL_BYTES))
                    .toBytes();
        }
    }

    /** The server does not take the ticket; the client is to sign its hello. */
    record SignInstead() implements HelloFrame {
        @Override
        public byte[] encode() {
            return new CborWriter(16).array(1).uint(6).toBytes();
        }
    }

    /** The frame's content. */
    byte[] encode();

    /** Reads a frame's content. Throws MALFORMED_FRAME, or VERSION_MISMATCH for a hello of a version not spoken here. */
    static HelloFrame decode(byte[] content) {
        return read(content, in -> {
            int items = in.array(4);
            int type = in.uint(6);
            return switch (type) {
                case 1 -> items(items, 4, new Challenge(readVersions(in), in.fixedBytes(NONCE_BYTES), Offer.read(in)));
                case 2 -> {
                    int version = in.uint(MAX_VERSION);
                    StoqProtocol.requireSpoken(version);
                    yield items(items, 4, new ClientHello(version, in.bytes(MAX_CORE_BYTES), HelloProof.read(in)));
                }
                case 3 -> items(items, 3, new ServerHello(in.bytes(MAX_CORE_BYTES), HelloProof.read(in)));
                case 4 -> items(items, 1, new Accepted());
                case 5 ->
                    items(
                            items,
                            3,
                            new Refusal(
                                    printable(in, MAX_REFUSAL_CODE_BYTES), printable(in, MAX_REFUSAL_DETAIL_BYTES)));
                case 6 -> items(items, 1, new SignInstead());
                default -> throw new CborException("frame type " + type + " is not known");
            };
        });
    }

    /** Reads one item that fills its bytes. */
    private static <T> T read(byte[] encoded, Function<CborReader, T> reader) {
        try {
            CborReader in = new CborReader(encoded);
            T value = reader.apply(in);
            in.end();
            return value;
        } catch (CborException | IllegalArgumentException e) {
            throw malformed("a frame of the STOQ hello cannot be read: " + BufferedStream.messageOf(e), e);
        }
    }

    private static <T> T items(int found, int expected, T frame) {
        if (found != expected) {
            throw new CborException("frame of " + found + " items, expected " + expected);
        }
        return frame;
    }

    private static void writeVersions(CborWriter out, List<Integer> versions) {
        out.list(versions, (w, version) -> w.uint(version));
    }

    private static List<Integer> readVersions(CborReader in) {
        List<Integer> versions = in.list(MAX_VERSIONS, r -> r.uint(MAX_VERSION));
        if (versions.isEmpty()) {
            throw new CborException("at least one version is spoken");
        }
        for (int i = 1; i < versions.size(); i++) {
            if (versions.get(i) <= versions.get(i - 1)) {
                throw new CborException("versions must ascend");
            }
        }
        return versions;
    }

    private static List<byte[]> readChain(CborReader in) {
        List<byte[]> chain = in.list(MAX_CERTIFICATES, r -> r.bytes(MAX_CERTIFICATE_BYTES));
        if (chain.isEmpty()) {
            throw new CborException("a chain has at least a leaf");
        }
        return chain;
    }

    /** Text that may end in logs and on terminals. */
    private static String printable(CborReader in, int maxBytes) {
        String text = in.text(maxBytes);
        if (!text.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw new CborException("a refusal has text that is not printable ASCII");
        }
        return text;
    }

    private static String cut(String text, int maxBytes) {
        StringBuilder ascii = new StringBuilder();
        for (int i = 0; i < text.length() && ascii.length() < maxBytes; i++) {
            char c = text.charAt(i);
            ascii.append(c >= 0x20 && c < 0x7f ? c : '?');
        }
        return ascii.toString();
    }

    /** The failure of a frame that cannot be read. */
    static StoqException malformed(String message, @Nullable Throwable cause) {
        return new StoqException(StoqException.Code.MALFORMED_FRAME, Retry.NEVER, message, cause);
    }
}
