package online.hypermesh.api.dht;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A node's statement that it has something, and where the node is reached: a pointer, never the thing. Of two statements the
 * one that ends later counts. Immutable.
 *
 * @param subject what it has
 * @param provider the node's key
 * @param addresses where it is reached, 1..4, the best first
 * @param expiresMillis when the statement ends, in milliseconds since 1970
 * @param signature by the provider
 */
public record ProviderRecord(
        Digest subject, VerifyKey provider, List<NodeAddress> addresses, long expiresMillis, Signature signature) {
    /** Most addresses. */
    public static final int MAX_ADDRESSES = 4;

    /** Longest encoding in bytes. */
    public static final int MAX_ENCODED_BYTES = 320;

    private static final int VERSION = 1;
    private static final DomainTag TAG = new DomainTag("hypermesh/dht-provider/v1");

    /**
     * Copies the list.
     *
     * @param subject what it has
     * @param provider the node's key
     * @param addresses 1..4
     * @param expiresMillis when it ends
     * @param signature by the provider
     */
    public ProviderRecord {
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty() || addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "a provider has 1.." + MAX_ADDRESSES + " addresses, got " + addresses.size());
        }
    }

    /**
     * Makes a statement.
     *
     * @param provider the node's key
     * @param network the network it is for
     * @param subject what it has
     * @param addresses where it is reached, 1..4
     * @param expiresMillis when the statement ends
     * @return the record
     */
    public static ProviderRecord sign(
            SigningKey provider, NetworkId network, Digest subject, List<NodeAddress> addresses, long expiresMillis) {
        return new ProviderRecord(
                subject,
                provider.verifyKey(),
                addresses,
                expiresMillis,
                provider.sign(TAG, network, body(subject, addresses, expiresMillis)));
    }

    private static byte[] body(Digest subject, List<NodeAddress> addresses, long expiresMillis) {
        return new CborWriter()
                .array(3)
                .bytes(subject.toBytes())
                .list(addresses, (w, a) -> a.encode(w))
                .uint(expiresMillis)
                .toBytes();
    }

    /**
     * Whether the provider signed it for this network.
     *
     * @param network the network
     * @return whether the signature holds
     */
    public boolean isAuthentic(NetworkId network) {
        return provider.verify(TAG, network, body(subject, addresses, expiresMillis), signature);
    }

    /**
     * Who has it.
     *
     * @return the provider's identity
     */
    public NodeId node() {
        return NodeId.of(provider);
    }

    /**
     * Where it is.
     *
     * @return its key
     */
    public Digest key() {
        return DhtKeys.ofProviders(subject);
    }

    /**
     * The canonical encoding.
     *
     * @return bytes
     */
    public byte[] encode() {
        return new CborWriter()
                .array(4)
                .uint(VERSION)
                .bytes(provider.toBytes())
                .encoded(body(subject, addresses, expiresMillis))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Decodes what {@link #encode} made; the signature is not checked.
     *
     * @param encoded the bytes
     * @return the record
     * @throws CborException when they are anything else
     */
    public static ProviderRecord decode(byte[] encoded) {
        CborReader r = new CborReader(encoded).expectArray(4).expect(VERSION, "provider record version");
        VerifyKey provider = SignedRecord.key(r);
        r.expectArray(3);
        Digest subject = Digest.of(r.fixedBytes(Digest.LENGTH));
        List<NodeAddress> addresses = r.list(MAX_ADDRESSES, NodeAddress::decode);
        if (addresses.isEmpty()) {
            throw new CborException("a provider without an address");
        }
        long expires = r.uint();
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new ProviderRecord(subject, provider, addresses, expires, signature);
    }
}
