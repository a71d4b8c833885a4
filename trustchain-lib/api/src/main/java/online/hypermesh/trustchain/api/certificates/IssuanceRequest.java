package online.hypermesh.trustchain.api.certificates;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A node's wish for a leaf: who it is, which leaf key it binds to its node key, and the proof that it holds that leaf key.
 * Immutable.
 *
 * @param nodeKey the node's long-term key
 * @param leafSpki the leaf's public key as a DER SubjectPublicKeyInfo, ECDSA P-256
 * @param binding canonical bytes of the {@code LeafBinding} signed with the node key
 * @param possession ECDSA signature with SHA-256 by the leaf key over {@link #possessionText}, DER
 */
public record IssuanceRequest(VerifyKey nodeKey, byte[] leafSpki, byte[] binding, byte[] possession) {
    /** Largest encoded request in bytes. */
    public static final int MAX_BYTES = 2048;

    private static final String TAG = "hypermesh/leaf-possession/v1";

    /**
     * Copies the arrays.
     *
     * @param nodeKey the node's key
     * @param leafSpki the leaf's public key
     * @param binding signed binding
     * @param possession signature by the leaf key
     */
    public IssuanceRequest {
        leafSpki = leafSpki.clone();
        binding = binding.clone();
        possession = possession.clone();
    }

    /**
     * What the leaf key signs to show that its holder asks: {@code [tag, network, [nodeKey, leafSpki, binding]]}.
     *
     * @param network the network
     * @param nodeKey the node's key
     * @param leafSpki the leaf's public key
     * @param binding canonical bytes of the binding
     * @return canonical bytes
     */
    public static byte[] possessionText(NetworkId network, VerifyKey nodeKey, byte[] leafSpki, byte[] binding) {
        byte[] body = new CborWriter(512)
                .array(3)
                .bytes(nodeKey.toBytes())
                .bytes(leafSpki)
                .bytes(binding)
                .toBytes();
        return new CborWriter(640)
                .array(3)
                .text(TAG)
                .bytes(network.digest().toBytes())
                .bytes(body)
                .toBytes();
    }

    /**
     * Identity of the node that asks.
     *
     * @return the identity
     */
    public NodeId subject() {
        return NodeId.of(nodeKey);
    }

    /**
     * The leaf's public key.
     *
     * @return a fresh array
     */
    @Override
    public byte[] leafSpki() {
        return leafSpki.clone();
    }

    /**
     * The signed binding.
     *
     * @return a fresh array
     */
    @Override
    public byte[] binding() {
        return binding.clone();
    }

    /**
     * The signature by the leaf key.
     *
     * @return a fresh array
     */
    @Override
    public byte[] possession() {
        return possession.clone();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(640)
                .array(5)
                .uint(1)
                .bytes(nodeKey.toBytes())
                .bytes(leafSpki)
                .bytes(binding)
                .bytes(possession)
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the request
     * @throws online.hypermesh.stoq.base.cbor.CborException if they are not canonical
     */
    public static IssuanceRequest decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(5).expect(1, "issuance request version");
        IssuanceRequest request = new IssuanceRequest(
                VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)), r.bytes(256), r.bytes(1024), r.bytes(128));
        r.end();
        return request;
    }
}
