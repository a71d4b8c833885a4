package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What a block's body is made of: everything under one signature of one sender. Either a {@link Transaction} that is signed
 * by itself, or a {@link Bundle} of transactions with consecutive nonces. Immutable.
 */
public sealed interface BodyEntry permits Transaction, Bundle {
    /**
     * The network it is for.
     *
     * @return the id
     */
    NetworkId network();

    /**
     * Who signed it.
     *
     * @return the node key
     */
    VerifyKey sender();

    /**
     * Identity of the sender.
     *
     * @return the id of its node key
     */
    NodeId senderId();

    /**
     * Nonce of its first transaction.
     *
     * @return at least 0
     */
    long firstNonce();

    /**
     * Nonce of its last transaction.
     *
     * @return at least {@link #firstNonce()}
     */
    long lastNonce();

    /**
     * What is executed, in order, one nonce after the other.
     *
     * @return at least one
     */
    List<Transaction> transactions();

    /**
     * The entry's id: a tagged hash of its canonical bytes.
     *
     * @return the id
     */
    Digest id();

    /**
     * Whether the sender signed it.
     *
     * @return true if so
     */
    boolean signatureHolds();

    /**
     * Canonical bytes.
     *
     * @return a fresh array
     */
    byte[] encode();

    /**
     * Number of canonical bytes.
     *
     * @return the length of {@link #encode()}
     */
    int encodedLength();

    /**
     * Writes the canonical bytes as one byte string.
     *
     * @param w where to
     */
    void writeTo(CborWriter w);

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the entry
     * @throws CborException if the bytes are neither
     * @throws IllegalArgumentException if a value is out of range
     */
    static BodyEntry decode(byte[] bytes) {
        if (bytes.length < 2) {
            throw new CborException("an entry of " + bytes.length + " bytes");
        }
        return bytes[1] == Bundle.VERSION ? Bundle.decode(bytes) : Transaction.decode(bytes);
    }
}
