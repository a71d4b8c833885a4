package online.hypermesh.stoq.session;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** A frame of the STOQ hello, {@code docs/spec/stoq.md}: canonical CBOR after a length of four bytes. Immutable. */
sealed interface HelloFrame {
    /** Version of the hello. */
    int VERSION = 1;

    /** Largest frame in bytes, without its length. */
    int MAX_BYTES = 64 * 1024;

    int NONCE_BYTES = 32;
    int MAX_CERTIFICATES = 4;
    int MAX_CERTIFICATE_BYTES = 8192;
    int MAX_REFUSAL_CODE_BYTES = 64;
    int MAX_REFUSAL_DETAIL_BYTES = 1024;

    /** The server's nonce; the first frame. */
    record Challenge(byte[] nonce) implements HelloFrame {
        @Override
        public byte[] encode() {
            return new CborWriter(64)
                    .array(3)
                    .uint(1)
                    .uint(VERSION)
                    .bytes(nonce)
                    .toBytes();
        }
    }

    /** What the client proves. */
    record ClientHello(
            NetworkId network,
            NodeId server,
            Digest serverLeaf,
            byte[] nonce,
            Protection protection,
            List<X509Certificate> chain,
            byte[] staple,
            Signature signature)
            implements HelloFrame {
        @Override
        public byte[] encode() {
            CborWriter out = new CborWriter(4096)
                    .array(10)
                    .uint(2)
                    .uint(VERSION)
                    .bytes(network.digest().toBytes())
                    .bytes(server.digest().toBytes())
                    .bytes(serverLeaf.toBytes())
                    .bytes(nonce)
                    .uint(numberOf(protection));
            writeChain(out, chain);
            return out.bytes(staple).bytes(signature.toBytes()).toBytes();
        }
    }

    /** What the server proves. */
    record ServerHello(Protection protection, List<X509Certificate> chain, byte[] staple, Signature signature)
            implements HelloFrame {
        @Override
        public byte[] encode() {
            CborWriter out = new CborWriter(4096).array(5).uint(3).uint(numberOf(protection));
            writeChain(out, chain);
            return out.bytes(staple).bytes(signature.toBytes()).toBytes();
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

    /** The frame's content. */
    byte[] encode();

    /** Reads a frame; throws MALFORMED_FRAME if it is anything but canonical and within its limits. */
    static HelloFrame decode(byte[] content) {
        try {
            CborReader in = new CborReader(content);
            int items = in.array(10);
            int type = in.uint(5);
            HelloFrame frame = switch (type) {
                case 1 -> items(items, 3, challenge(in));
                case 2 -> items(items, 10, clientHello(in));
                case 3 -> items(items, 5, serverHello(in));
                case 4 -> items(items, 1, new Accepted());
                case 5 ->
                    items(
                            items,
                            3,
                            new Refusal(
                                    printable(in, MAX_REFUSAL_CODE_BYTES), printable(in, MAX_REFUSAL_DETAIL_BYTES)));
                default -> throw new CborException("frame type " + type + " is not known");
            };
            in.end();
            return frame;
        } catch (CborException | IllegalArgumentException | CertificateException e) {
            throw malformed("a frame of the STOQ hello cannot be read: " + BufferedStream.messageOf(e), e);
        }
    }

    /** What the client signs: both identities, both nonces, and the leaf this very connection presented. */
    static byte[] clientStatement(
            NodeId client,
            NodeId server,
            byte[] clientNonce,
            byte[] serverNonce,
            Digest serverLeaf,
            Protection protection,
            List<X509Certificate> chain,
            byte[] staple) {
        return new CborWriter(320)
                .array(10)
                .uint(VERSION)
                .text(StoqProtocol.ALPN)
                .bytes(client.digest().toBytes())
                .bytes(server.digest().toBytes())
                .bytes(clientNonce)
                .bytes(serverNonce)
                .bytes(serverLeaf.toBytes())
                .uint(numberOf(protection))
                .bytes(leafHash(chain).toBytes())
                .bytes(Digest.sha256(staple).toBytes())
                .toBytes();
    }

    /** What the server signs: every byte exchanged so far and its own part. */
    static byte[] serverStatement(
            byte[] challengeFrame,
            byte[] clientHelloFrame,
            Protection protection,
            List<X509Certificate> chain,
            byte[] staple) {
        return new CborWriter(200)
                .array(6)
                .uint(VERSION)
                .bytes(Digest.sha256(challengeFrame).toBytes())
                .bytes(Digest.sha256(clientHelloFrame).toBytes())
                .uint(numberOf(protection))
                .bytes(leafHash(chain).toBytes())
                .bytes(Digest.sha256(staple).toBytes())
                .toBytes();
    }

    /** SHA-256 of the leaf's DER. */
    static Digest leafHash(List<X509Certificate> chain) {
        return Digest.sha256(der(chain.get(0)));
    }

    private static <T> T items(int found, int expected, T frame) {
        if (found != expected) {
            throw new CborException("frame of " + found + " items, expected " + expected);
        }
        return frame;
    }

    private static Challenge challenge(CborReader in) {
        return new Challenge(in.expect(VERSION, "hello version").fixedBytes(NONCE_BYTES));
    }

    private static ClientHello clientHello(CborReader in) throws CertificateException {
        in.expect(VERSION, "hello version");
        return new ClientHello(
                new NetworkId(Digest.of(in.fixedBytes(Digest.LENGTH))),
                new NodeId(Digest.of(in.fixedBytes(Digest.LENGTH))),
                Digest.of(in.fixedBytes(Digest.LENGTH)),
                in.fixedBytes(NONCE_BYTES),
                protection(in),
                readChain(in),
                in.bytes(Credentials.MAX_STAPLE_BYTES),
                Signature.of(in.fixedBytes(Signature.LENGTH)));
    }

    private static ServerHello serverHello(CborReader in) throws CertificateException {
        return new ServerHello(
                protection(in),
                readChain(in),
                in.bytes(Credentials.MAX_STAPLE_BYTES),
                Signature.of(in.fixedBytes(Signature.LENGTH)));
    }

    private static int numberOf(Protection protection) {
        return switch (protection) {
            case IN_PROCESS -> 0;
            case CLASSICAL -> 1;
            case HYBRID -> 2;
        };
    }

    private static Protection protection(CborReader in) {
        return switch (in.uint(2)) {
            case 0 -> Protection.IN_PROCESS;
            case 1 -> Protection.CLASSICAL;
            default -> Protection.HYBRID;
        };
    }

    private static void writeChain(CborWriter out, List<X509Certificate> chain) {
        out.list(chain, (w, certificate) -> w.bytes(der(certificate)));
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was parsed can be encoded", e);
        }
    }

    private static List<X509Certificate> readChain(CborReader in) throws CertificateException {
        List<byte[]> encoded = in.list(MAX_CERTIFICATES, r -> r.bytes(MAX_CERTIFICATE_BYTES));
        if (encoded.isEmpty()) {
            throw new CborException("a chain has at least a leaf");
        }
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate[] chain = new X509Certificate[encoded.size()];
        for (int i = 0; i < chain.length; i++) {
            ByteArrayInputStream der = new ByteArrayInputStream(encoded.get(i));
            chain[i] = (X509Certificate) factory.generateCertificate(der);
            if (der.available() > 0) {
                throw new CborException("bytes follow certificate " + i);
            }
        }
        return List.of(chain);
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
