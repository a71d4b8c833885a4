package online.hypermesh.stoq;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.jspecify.annotations.Nullable;

/**
 * The node key's statement that a TLS leaf key and a hello key speak for the node in one network for a while; carried in
 * the leaf certificate as a non-critical X.509 extension. Specified in {@code docs/spec/stoq.md}. Immutable.
 *
 * @param network the network it is for
 * @param nodeKey the long-term key that signed it
 * @param helloKey signs the STOQ hello
 * @param notBefore first moment, whole seconds
 * @param notAfter last moment, whole seconds; at most 24 hours after {@code notBefore}
 * @param signature by the node key over leaf key, hello key and window
 */
public record LeafBinding(
        NetworkId network,
        VerifyKey nodeKey,
        VerifyKey helloKey,
        Instant notBefore,
        Instant notAfter,
        Signature signature) {
    /** Object identifier of the X.509 extension: UUID 1d378d2f-a68d-4eed-a52a-4e968dfd5ac6 in parts that every decoder takes. */
    public static final String OID = "1.2.840.113556.1.8000.2554.7479.36143.42637.20205.42282.5150349.16603846";

    /** Longest window. */
    public static final Duration MAX_WINDOW = Duration.ofHours(24);

    private static final DomainTag TAG = new DomainTag("stoq/leaf-binding/v1");
    private static final int VERSION = 1;
    private static final long MAX_SECONDS = 253_402_300_799L;
    private static final int MAX_ENCODED_BYTES = 512;

    /**
     * Checks the window.
     *
     * @param network network
     * @param nodeKey node key
     * @param helloKey hello key
     * @param notBefore first moment
     * @param notAfter last moment
     * @param signature signature
     */
    public LeafBinding {
        if (notBefore.getNano() != 0 || notAfter.getNano() != 0) {
            throw new IllegalArgumentException("the window is in whole seconds, was " + notBefore + ".." + notAfter);
        }
        if (!notBefore.isBefore(notAfter)
                || Duration.between(notBefore, notAfter).compareTo(MAX_WINDOW) > 0) {
            throw new IllegalArgumentException(
                    "the window must be longer than 0 and at most 24 h, was " + notBefore + ".." + notAfter);
        }
    }

    /**
     * Makes a binding.
     *
     * @param nodeKey the long-term key, signs
     * @param network the network it is for
     * @param leafKey the leaf's public key
     * @param helloKey public half of the hello key
     * @param notBefore first moment, cut to whole seconds
     * @param notAfter last moment, cut to whole seconds; at most 24 h later
     * @return the binding
     */
    public static LeafBinding sign(
            SigningKey nodeKey,
            NetworkId network,
            PublicKey leafKey,
            VerifyKey helloKey,
            Instant notBefore,
            Instant notAfter) {
        Instant from = Instant.ofEpochSecond(notBefore.getEpochSecond());
        Instant to = Instant.ofEpochSecond(notAfter.getEpochSecond());
        Signature signature = nodeKey.sign(TAG, network, body(leafKey.getEncoded(), helloKey, from, to));
        return new LeafBinding(network, nodeKey.verifyKey(), helloKey, from, to, signature);
    }

    /**
     * Reads and checks the binding of a leaf: signed by the node key over this leaf's key, the certificate's validity
     * within the window. Whether the window covers the present, and whether the node is welcome, is for the
     * {@link PeerVerifier}.
     *
     * @param leaf the leaf certificate
     * @return the binding
     * @throws StoqException HANDSHAKE_FAILED if there is none or it does not hold, MALFORMED_FRAME if it cannot be read
     */
    public static LeafBinding of(X509Certificate leaf) {
        LeafBinding binding = unverified(leaf);
        if (!binding.binds(leaf.getPublicKey())) {
            throw new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the leaf binding of " + binding.nodeId().toShortString()
                            + " is not signed by its node key for this leaf's key");
        }
        Instant certificateFrom = leaf.getNotBefore().toInstant();
        Instant certificateTo = leaf.getNotAfter().toInstant();
        if (certificateFrom.isBefore(binding.notBefore) || certificateTo.isAfter(binding.notAfter)) {
            throw new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the leaf's validity " + certificateFrom + ".." + certificateTo + " leaves its binding's window "
                            + binding.notBefore + ".." + binding.notAfter);
        }
        return binding;
    }

    /** The binding of a leaf that {@link #of} has checked before. */
    static LeafBinding unverified(X509Certificate leaf) {
        byte[] wrapped = leaf.getExtensionValue(OID);
        if (wrapped == null) {
            throw new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the leaf " + leaf.getSubjectX500Principal() + " carries no STOQ leaf binding (extension " + OID
                            + "); it was not made for STOQ");
        }
        return decode(unwrap(wrapped));
    }

    /**
     * Reads a binding from the extension's content; the signature is not checked.
     *
     * @param encoded the extension's content, at most 512 bytes
     * @return the binding
     * @throws StoqException MALFORMED_FRAME if it is not canonical or out of range
     */
    public static LeafBinding decode(byte[] encoded) {
        if (encoded.length > MAX_ENCODED_BYTES) {
            throw malformed("leaf binding has " + encoded.length + " bytes, limit " + MAX_ENCODED_BYTES, null);
        }
        try {
            CborReader in = new CborReader(encoded).expectArray(7).expect(VERSION, "leaf binding version");
            NetworkId network = new NetworkId(Digest.of(in.fixedBytes(32)));
            VerifyKey nodeKey = VerifyKey.of(in.fixedBytes(VerifyKey.LENGTH));
            VerifyKey helloKey = VerifyKey.of(in.fixedBytes(VerifyKey.LENGTH));
            Instant from = seconds(in.uint());
            Instant to = seconds(in.uint());
            Signature signature = Signature.of(in.fixedBytes(Signature.LENGTH));
            in.end();
            return new LeafBinding(network, nodeKey, helloKey, from, to, signature);
        } catch (CborException | IllegalArgumentException e) {
            throw malformed("leaf binding cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * The extension's content: canonical CBOR.
     *
     * @return fresh bytes
     */
    public byte[] encode() {
        return new CborWriter(256)
                .array(7)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .bytes(nodeKey.toBytes())
                .bytes(helloKey.toBytes())
                .uint(notBefore.getEpochSecond())
                .uint(notAfter.getEpochSecond())
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Whether the node key signed this binding for a leaf key.
     *
     * @param leafKey the leaf's public key
     * @return true if the signature holds
     */
    public boolean binds(PublicKey leafKey) {
        return nodeKey.verify(TAG, network, body(leafKey.getEncoded(), helloKey, notBefore, notAfter), signature);
    }

    /**
     * The identity of the node.
     *
     * @return the hash of its node key
     */
    public NodeId nodeId() {
        return NodeId.of(nodeKey);
    }

    /**
     * Whether the window covers a moment.
     *
     * @param nowMillis milliseconds since 1970
     * @return true from {@code notBefore} to {@code notAfter}, both included
     */
    public boolean covers(long nowMillis) {
        return nowMillis >= notBefore.toEpochMilli() && nowMillis <= notAfter.toEpochMilli();
    }

    private static byte[] body(byte[] leafKeyInfo, VerifyKey helloKey, Instant from, Instant to) {
        return new CborWriter(leafKeyInfo.length + 64)
                .array(5)
                .uint(VERSION)
                .bytes(leafKeyInfo)
                .bytes(helloKey.toBytes())
                .uint(from.getEpochSecond())
                .uint(to.getEpochSecond())
                .toBytes();
    }

    private static Instant seconds(long value) {
        if (value > MAX_SECONDS) {
            throw new IllegalArgumentException("time is " + value + " s, limit " + MAX_SECONDS);
        }
        return Instant.ofEpochSecond(value);
    }

    private static byte[] unwrap(byte[] extensionValue) {
        try (ASN1InputStream in =
                new ASN1InputStream(new ByteArrayInputStream(extensionValue), MAX_ENCODED_BYTES + 8)) {
            ASN1Primitive value = in.readObject();
            if (value instanceof ASN1OctetString octets) {
                return octets.getOctets();
            }
            throw malformed("the leaf binding extension is not an octet string", null);
        } catch (IOException e) {
            throw malformed("the leaf binding extension cannot be read: " + e.getMessage(), e);
        }
    }

    private static StoqException malformed(String message, @Nullable Throwable cause) {
        return new StoqException(StoqException.Code.MALFORMED_FRAME, Retry.NEVER, message, cause);
    }
}
