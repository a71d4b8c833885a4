package online.hypermesh.api.ledger;

import java.util.regex.Pattern;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A signed instruction to one ledger module. A sender's nonces strictly increase in the order of execution; gaps are
 * allowed, so a clock in microseconds serves. Immutable.
 *
 * @param network the network it is for
 * @param sender node key of the sender
 * @param nonce larger than every nonce of this sender executed before
 * @param module name of the module, 1..32 characters of a-z, 0-9 and hyphen
 * @param payload the module's own canonical encoding
 * @param signature by the sender over everything above
 */
public record Transaction(
        NetworkId network, VerifyKey sender, long nonce, String module, byte[] payload, Signature signature) {
    private static final Pattern MODULE = Pattern.compile("[a-z0-9-]{1,32}");

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/transaction/v1");
    private static final DomainTag ID_TAG = new DomainTag("hypermesh/transaction-id/v1");

    /**
     * Checks the module name and copies the payload.
     *
     * @param network the network
     * @param sender node key of the sender
     * @param nonce at least 0
     * @param module 1..32 characters of a-z, 0-9 and hyphen
     * @param payload the instruction
     * @param signature by the sender
     */
    public Transaction {
        if (nonce < 0) {
            throw new IllegalArgumentException("nonce must be >= 0, was " + nonce);
        }
        if (!MODULE.matcher(module).matches()) {
            throw new IllegalArgumentException(
                    "module must be 1..32 characters of a-z, 0-9 and hyphen, was \"" + module + "\"");
        }
        payload = payload.clone();
    }

    /**
     * Makes and signs a transaction.
     *
     * @param network the network
     * @param key the sender's node key
     * @param nonce larger than every earlier one
     * @param module name of the module
     * @param payload the module's instruction
     * @return the transaction
     */
    public static Transaction sign(NetworkId network, SigningKey key, long nonce, String module, byte[] payload) {
        byte[] body = body(key.verifyKey(), nonce, module, payload);
        return new Transaction(network, key.verifyKey(), nonce, module, payload, key.sign(SIGN_TAG, network, body));
    }

    /**
     * Identity of the sender.
     *
     * @return the id of its node key
     */
    public NodeId senderId() {
        return NodeId.of(sender);
    }

    /**
     * The transaction's id: the tagged hash of its canonical bytes.
     *
     * @return the id
     */
    public Digest id() {
        return Hashing.hash(ID_TAG, encode());
    }

    /**
     * Whether the sender signed it.
     *
     * @return true if so
     */
    public boolean signatureHolds() {
        return sender.verify(SIGN_TAG, network, body(sender, nonce, module, payload), signature);
    }

    @Override
    public byte[] payload() {
        return payload.clone();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(payload.length + 192)
                .array(4)
                .uint(1)
                .bytes(network.digest().toBytes())
                .encoded(body(sender, nonce, module, payload))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the transaction
     */
    public static Transaction decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(4).expect(1, "transaction version");
        NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
        r.expectArray(4);
        VerifyKey sender = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
        long nonce = r.uint();
        String module = r.text(32);
        byte[] payload = r.bytes(bytes.length);
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new Transaction(network, sender, nonce, module, payload, signature);
    }

    private static byte[] body(VerifyKey sender, long nonce, String module, byte[] payload) {
        return new CborWriter(payload.length + 96)
                .array(4)
                .bytes(sender.toBytes())
                .uint(nonce)
                .text(module)
                .bytes(payload)
                .toBytes();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Transaction t && id().equals(t.id());
    }

    @Override
    public int hashCode() {
        return signature.hashCode();
    }

    @Override
    public String toString() {
        return "Transaction[" + module + ", sender " + senderId().toShortString() + ", nonce " + nonce + "]";
    }
}
