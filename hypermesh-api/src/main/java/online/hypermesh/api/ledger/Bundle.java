package online.hypermesh.api.ledger;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import online.hypermesh.stoq.base.cbor.CborException;
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
 * Transactions of one sender with consecutive nonces under one signature: what a client with a session sends. It stands in
 * a block as it was signed, so that every validator verifies it without trusting whoever handed it in; it is executed whole
 * and in order, and every transaction has an id, an outcome and a receipt of its own. Immutable.
 *
 * <p>The signature covers network, sender, first nonce, number of transactions and the hash of all their contents; no part of
 * a bundle means anything without the rest. A transaction of a bundle carries no signature of its own and is never taken for
 * one that does.
 */
public final class Bundle implements BodyEntry {
    /** Most transactions in one bundle. */
    public static final int MAX_TRANSACTIONS = 4096;

    /** Distinguishes a bundle's encoding from a transaction's. */
    static final int VERSION = 2;

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/bundle/v1");
    private static final DomainTag CONTENTS_TAG = new DomainTag("hypermesh/bundle-contents/v1");
    private static final DomainTag ID_TAG = new DomainTag("hypermesh/bundle-id/v1");
    private static final DomainTag MEMBER_TAG = new DomainTag("hypermesh/bundled-transaction-id/v1");

    /**
     * What one transaction of a bundle does.
     *
     * @param module name of the module, 1..32 characters of a-z, 0-9 and hyphen
     * @param payload the module's own canonical encoding
     */
    public record Operation(String module, byte[] payload) {
        /**
         * Checks the name and copies the payload.
         *
         * @param module name of the module
         * @param payload the instruction
         */
        public Operation {
            Transaction.checkModule(module);
            payload = payload.clone();
        }

        @Override
        public byte[] payload() {
            return payload.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Operation o && module.equals(o.module) && Arrays.equals(payload, o.payload);
        }

        @Override
        public int hashCode() {
            return module.hashCode() * 31 + Arrays.hashCode(payload);
        }

        @Override
        public String toString() {
            return "Operation[" + module + ", " + payload.length + " bytes]";
        }
    }

    /** Where an operation's payload stands in the encoding. */
    private record Place(String module, int offset, int length) {}

    private final NetworkId network;
    private final VerifyKey sender;
    private final NodeId senderId;
    private final long firstNonce;
    private final Signature signature;
    private final byte[] encoded;
    private final Digest contents;
    private final Digest id;
    private final List<Transaction> transactions;

    private Bundle(
            NetworkId network,
            VerifyKey sender,
            long firstNonce,
            Signature signature,
            byte[] encoded,
            Digest contents,
            List<Place> places) {
        this.network = network;
        this.sender = sender;
        this.senderId = NodeId.of(sender);
        this.firstNonce = firstNonce;
        this.signature = signature;
        this.encoded = encoded;
        this.contents = contents;
        this.id = Hashing.hash(ID_TAG, encoded);
        Transaction[] made = new Transaction[places.size()];
        for (int i = 0; i < made.length; i++) {
            Place p = places.get(i);
            made[i] = new Transaction(this, i, p.module, encoded, p.offset, p.length);
        }
        this.transactions = new Members(made);
    }

    private static final class Members extends AbstractList<Transaction> implements RandomAccess {
        private final Transaction[] members;

        Members(Transaction[] members) {
            this.members = members;
        }

        @Override
        public Transaction get(int index) {
            return members[index];
        }

        @Override
        public int size() {
            return members.length;
        }
    }

    /**
     * Makes and signs a bundle.
     *
     * @param network the network
     * @param key the sender's node key
     * @param firstNonce nonce of the first operation, larger than every earlier one
     * @param operations 1..{@value #MAX_TRANSACTIONS}, executed in this order
     * @return the bundle
     */
    public static Bundle sign(NetworkId network, SigningKey key, long firstNonce, List<Operation> operations) {
        int bytes = 0;
        for (Operation o : operations) {
            bytes += o.payload.length + o.module.length() + 8;
        }
        CborWriter w = new CborWriter(bytes + 16);
        w.list(operations, (o, operation) -> o.array(2).text(operation.module).bytes(operation.payload));
        byte[] contents = w.toBytes();
        Signature signature = key.sign(
                SIGN_TAG,
                network,
                statement(key.verifyKey(), firstNonce, operations.size(), Hashing.hash(CONTENTS_TAG, contents)));
        return decode(new CborWriter(contents.length + 192)
                .array(4)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .encoded(new CborWriter(contents.length + 64)
                        .array(3)
                        .bytes(key.verifyKey().toBytes())
                        .uint(firstNonce)
                        .encoded(contents)
                        .toBytes())
                .bytes(signature.toBytes())
                .toBytes());
    }

    private static byte[] statement(VerifyKey sender, long firstNonce, int count, Digest contents) {
        return new CborWriter(96)
                .array(4)
                .bytes(sender.toBytes())
                .uint(firstNonce)
                .uint(count)
                .bytes(contents.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the bundle
     * @throws CborException if the bytes are not a bundle
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Bundle decode(byte[] bytes) {
        byte[] copy = bytes.clone();
        CborReader r = new CborReader(copy).expectArray(4).expect(VERSION, "bundle version");
        NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
        r.expectArray(3);
        VerifyKey sender = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
        long firstNonce = r.uint();
        int begin = r.position();
        int count = r.array(MAX_TRANSACTIONS);
        if (count < 1) {
            throw new CborException("a bundle holds at least one transaction");
        }
        if (firstNonce > Long.MAX_VALUE - count) {
            throw new CborException("the nonces of a bundle end above 2^63-1");
        }
        List<Place> places = new ArrayList<>(count);
        String last = "";
        for (int i = 0; i < count; i++) {
            r.expectArray(2);
            String module = r.text(32);
            if (module.equals(last)) {
                module = last;
            } else {
                Transaction.checkModule(module);
                last = module;
            }
            int length = r.skipBytes(copy.length);
            places.add(new Place(module, r.position() - length, length));
        }
        byte[] contents = Arrays.copyOfRange(copy, begin, r.position());
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new Bundle(network, sender, firstNonce, signature, copy, Hashing.hash(CONTENTS_TAG, contents), places);
    }

    @Override
    public NetworkId network() {
        return network;
    }

    @Override
    public VerifyKey sender() {
        return sender;
    }

    @Override
    public NodeId senderId() {
        return senderId;
    }

    @Override
    public long firstNonce() {
        return firstNonce;
    }

    @Override
    public long lastNonce() {
        return firstNonce + transactions.size() - 1;
    }

    /**
     * The sender's signature over the whole bundle.
     *
     * @return the signature
     */
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Transaction> transactions() {
        return transactions;
    }

    @Override
    public Digest id() {
        return id;
    }

    @Override
    public boolean signatureHolds() {
        return sender.verify(
                SIGN_TAG, network, statement(sender, firstNonce, transactions.size(), contents), signature);
    }

    /**
     * The id of one of a bundle's transactions.
     *
     * @param bundleId the bundle's id
     * @param index place in the bundle
     * @return the transaction's id
     */
    public static Digest transactionId(Digest bundleId, int index) {
        return Hashing.hash(
                MEMBER_TAG,
                new CborWriter(48)
                        .array(2)
                        .bytes(bundleId.toBytes())
                        .uint(index)
                        .toBytes());
    }

    @Override
    public byte[] encode() {
        return encoded.clone();
    }

    @Override
    public int encodedLength() {
        return encoded.length;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.bytes(encoded);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof Bundle b && id.equals(b.id));
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return "Bundle[" + transactions.size() + " transactions, sender " + senderId.toShortString() + ", nonces from "
                + firstNonce + "]";
    }
}
