package online.hypermesh.api.proof;

import java.util.regex.Pattern;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What a bundle of proofs is for: one operation of one subject in one network and epoch, not before a finalized block and
 * not after a height. Every challenge is derived from it. Immutable.
 *
 * @param network the network
 * @param epoch epoch of the beacon
 * @param operationType what kind of operation, as policies name it: 1..48 characters of a-z, 0-9, hyphen and slash
 * @param operation tagged hash of the canonical operation
 * @param subject node key of whoever proves
 * @param beacon id of a finalized block; the proofs cannot be older
 * @param expiryHeight last height at which the bundle may be accepted
 * @param nonce 16 bytes that tell two bundles for the same operation apart
 */
public record ProofContext(
        NetworkId network,
        long epoch,
        String operationType,
        Digest operation,
        VerifyKey subject,
        Digest beacon,
        long expiryHeight,
        byte[] nonce) {
    /** Length of the nonce in bytes. */
    public static final int NONCE_LENGTH = 16;

    /** Longest operation type in characters. */
    public static final int MAX_TYPE_LENGTH = 48;

    private static final Pattern TYPE = Pattern.compile("[a-z0-9/-]{1,48}");
    private static final DomainTag ID_TAG = new DomainTag("hypermesh/proof-context/v1");
    private static final DomainTag AMBIENT_TAG = new DomainTag("hypermesh/proof-ambient/v1");
    private static final DomainTag OPERATION_TAG = new DomainTag("hypermesh/proof-operation/v1");

    /**
     * Checks the type's form and the nonce's length, and copies the nonce.
     *
     * @param network the network
     * @param epoch at least 0
     * @param operationType 1..48 characters of a-z, 0-9, hyphen and slash
     * @param operation hash of the operation
     * @param subject node key
     * @param beacon finalized block
     * @param expiryHeight at least 0
     * @param nonce 16 bytes
     */
    public ProofContext {
        if (epoch < 0 || expiryHeight < 0) {
            throw new IllegalArgumentException(
                    "epoch and expiryHeight must be >= 0, were " + epoch + " and " + expiryHeight);
        }
        if (!TYPE.matcher(operationType).matches()) {
            throw new IllegalArgumentException(
                    "operationType must be 1..48 characters of a-z, 0-9, hyphen and slash, was \"" + operationType
                            + "\"");
        }
        if (nonce.length != NONCE_LENGTH) {
            throw new IllegalArgumentException("nonce must have 16 bytes, has " + nonce.length);
        }
        nonce = nonce.clone();
    }

    /**
     * The hash of the operation that a transaction is: everything its sender signs. Known before the transaction is signed.
     *
     * @param network the network
     * @param sender node key of the sender
     * @param nonce the transaction's nonce
     * @param module name of the module
     * @param payload the module's instruction
     * @return the hash
     */
    public static Digest operation(NetworkId network, VerifyKey sender, long nonce, String module, byte[] payload) {
        return Hashing.hash(
                OPERATION_TAG,
                new CborWriter(payload.length + 128)
                        .array(5)
                        .bytes(network.digest().toBytes())
                        .bytes(sender.toBytes())
                        .uint(nonce)
                        .text(module)
                        .bytes(payload)
                        .toBytes());
    }

    /**
     * The hash of the operation that a transaction is.
     *
     * @param transaction the transaction
     * @return the hash
     */
    public static Digest operation(Transaction transaction) {
        return operation(
                transaction.network(),
                transaction.sender(),
                transaction.nonce(),
                transaction.module(),
                transaction.payload());
    }

    /**
     * Identity of the subject.
     *
     * @return the id of its node key
     */
    public NodeId subjectId() {
        return NodeId.of(subject);
    }

    /**
     * The context's id, which is also the bundle's nullifier: no two bundles with the same id are accepted.
     *
     * @return the tagged hash of the canonical bytes
     */
    public Digest id() {
        return Hashing.hash(ID_TAG, encode());
    }

    /**
     * A challenge bound to everything in the context. The subject chooses operation and nonce, so it may try many: use it
     * where trying again costs what is proven, as in a puzzle.
     *
     * @param label the purpose
     * @param length bytes wanted, 1..8160
     * @return HKDF-SHA-256 of {@link #id()}
     */
    public byte[] challenge(DomainTag label, int length) {
        return Hashing.hkdf(id().toBytes(), new byte[0], label, length);
    }

    /**
     * A challenge bound only to what the subject cannot choose: network, epoch, subject, beacon. Use it where the subject
     * must not try until it likes the challenge.
     *
     * @param label the purpose
     * @param length bytes wanted, 1..8160
     * @return HKDF-SHA-256
     */
    public byte[] ambientChallenge(DomainTag label, int length) {
        byte[] ambient = new CborWriter(128)
                .array(4)
                .bytes(network.digest().toBytes())
                .uint(epoch)
                .bytes(subject.toBytes())
                .bytes(beacon.toBytes())
                .toBytes();
        return Hashing.hkdf(Hashing.hash(AMBIENT_TAG, ambient).toBytes(), new byte[0], label, length);
    }

    @Override
    public byte[] nonce() {
        return nonce.clone();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(256);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(9)
                .uint(1)
                .bytes(network.digest().toBytes())
                .uint(epoch)
                .text(operationType)
                .bytes(operation.toBytes())
                .bytes(subject.toBytes())
                .bytes(beacon.toBytes())
                .uint(expiryHeight)
                .bytes(nonce);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the context
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ProofContext readFrom(CborReader r) {
        r.expectArray(9).expect(1, "proof context version");
        return new ProofContext(
                new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                r.uint(),
                r.text(MAX_TYPE_LENGTH),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(),
                r.fixedBytes(NONCE_LENGTH));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ProofContext c && id().equals(c.id());
    }

    @Override
    public int hashCode() {
        return id().hashCode();
    }

    @Override
    public String toString() {
        return "ProofContext[" + operationType + ", subject " + subjectId().toShortString() + ", beacon "
                + beacon.toShortHex() + ", until " + expiryHeight + "]";
    }
}
