package online.hypermesh.api.ledger;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
import org.jspecify.annotations.Nullable;

/**
 * A signed instruction to one ledger module. A sender's nonces strictly increase in the order of execution; gaps are
 * allowed, so a clock in microseconds serves. It is signed by itself, and then an entry of a block's body, or as a part of a {@link Bundle}, and
 * then nothing without it. Immutable.
 */
public final class Transaction implements BodyEntry {
    private static final int MAX_MODULE_LENGTH = 32;
    /** Version, network and the head of the array before the signed body. */
    private static final int BODY_OFFSET = 36;
    /** The signature with its head. */
    private static final int SIGNATURE_BYTES = 2 + Signature.LENGTH;

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/transaction/v1");
    private static final DomainTag ID_TAG = new DomainTag("hypermesh/transaction-id/v1");

    private final NetworkId network;
    private final VerifyKey sender;
    private final long nonce;
    private final String module;
    private final Signature signature;
    /** Its own encoding, or that of its bundle. */
    private final byte[] source;

    private final int payloadOffset;
    private final int payloadLength;
    private final @Nullable Bundle bundle;
    private final int index;
    private @Nullable NodeId senderId;
    private @Nullable Digest id;

    /**
     * A transaction with a signature of its own, which is not checked.
     *
     * @param network the network
     * @param sender node key of the sender
     * @param nonce at least 0
     * @param module 1..32 characters of a-z, 0-9 and hyphen
     * @param payload the instruction
     * @param signature by the sender
     */
    public Transaction(
            NetworkId network, VerifyKey sender, long nonce, String module, byte[] payload, Signature signature) {
        this(
                network,
                sender,
                nonce,
                module,
                signature,
                encoding(network, body(sender, nonce, module, payload), signature),
                payload.length);
    }

    private Transaction(
            NetworkId network,
            VerifyKey sender,
            long nonce,
            String module,
            Signature signature,
            byte[] encoded,
            int payloadLength) {
        checkModule(module);
        this.network = network;
        this.sender = sender;
        this.nonce = nonce;
        this.module = module;
        this.signature = signature;
        this.source = encoded;
        this.payloadOffset = encoded.length - SIGNATURE_BYTES - payloadLength;
        this.payloadLength = payloadLength;
        this.bundle = null;
        this.index = 0;
    }

    /** A part of a bundle, whose encoding holds the payload. */
    Transaction(Bundle bundle, int index, String module, byte[] source, int payloadOffset, int payloadLength) {
        this.network = bundle.network();
        this.sender = bundle.sender();
        this.senderId = bundle.senderId();
        this.nonce = bundle.firstNonce() + index;
        this.module = module;
        this.signature = bundle.signature();
        this.source = source;
        this.payloadOffset = payloadOffset;
        this.payloadLength = payloadLength;
        this.bundle = bundle;
        this.index = index;
    }

    static void checkModule(String module) {
        boolean good = !module.isEmpty() && module.length() <= MAX_MODULE_LENGTH;
        for (int i = 0; good && i < module.length(); i++) {
            char c = module.charAt(i);
            good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        }
        if (!good) {
            throw new IllegalArgumentException(
                    "module must be 1..32 characters of a-z, 0-9 and hyphen, was \"" + module + "\"");
        }
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
        Signature signature = key.sign(SIGN_TAG, network, body);
        return new Transaction(
                network, key.verifyKey(), nonce, module, signature, encoding(network, body, signature), payload.length);
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
        NodeId known = senderId;
        if (known == null) {
            known = NodeId.of(sender);
            senderId = known;
        }
        return known;
    }

    /**
     * Its number among the sender's transactions.
     *
     * @return at least 0
     */
    public long nonce() {
        return nonce;
    }

    @Override
    public long firstNonce() {
        return nonce;
    }

    @Override
    public long lastNonce() {
        return nonce;
    }

    /**
     * Name of the module it addresses.
     *
     * @return 1..32 characters of a-z, 0-9 and hyphen
     */
    public String module() {
        return module;
    }

    /**
     * The module's own canonical encoding.
     *
     * @return a fresh array
     */
    public byte[] payload() {
        return Arrays.copyOfRange(source, payloadOffset, payloadOffset + payloadLength);
    }

    /**
     * Number of bytes of {@link #payload()}.
     *
     * @return at least 0
     */
    public int payloadLength() {
        return payloadLength;
    }

    /**
     * The sender's signature: over this transaction, or over the whole {@link #bundle()} when it is part of one.
     *
     * @return the signature
     */
    public Signature signature() {
        return signature;
    }

    /**
     * The bundle it is part of.
     *
     * @return empty for a transaction that is signed by itself
     */
    public Optional<Bundle> bundle() {
        return Optional.ofNullable(bundle);
    }

    @Override
    public List<Transaction> transactions() {
        return List.of(this);
    }

    /**
     * The transaction's id: the tagged hash of its canonical bytes, or of its bundle's id and its place there.
     *
     * @return the id
     */
    @Override
    public Digest id() {
        Digest known = id;
        if (known == null) {
            known = bundle == null ? Hashing.hash(ID_TAG, source) : Bundle.transactionId(bundle.id(), index);
            id = known;
        }
        return known;
    }

    /**
     * Whether the sender signed it, by itself or with its bundle.
     *
     * @return true if so
     */
    @Override
    public boolean signatureHolds() {
        return bundle == null
                ? sender.verify(
                        SIGN_TAG,
                        network,
                        Arrays.copyOfRange(source, BODY_OFFSET, source.length - SIGNATURE_BYTES),
                        signature)
                : bundle.signatureHolds();
    }

    /**
     * Canonical bytes of a transaction that is signed by itself.
     *
     * @return a fresh array
     * @throws IllegalStateException for a part of a bundle: it has no encoding without the rest
     */
    @Override
    public byte[] encode() {
        return own().clone();
    }

    @Override
    public int encodedLength() {
        return own().length;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.bytes(own());
    }

    private byte[] own() {
        if (bundle != null) {
            throw new IllegalStateException(this + " is part of a bundle and has no encoding of its own");
        }
        return source;
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
        String module = r.text(MAX_MODULE_LENGTH);
        int payloadLength = r.skipBytes(bytes.length);
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new Transaction(network, sender, nonce, module, signature, bytes.clone(), payloadLength);
    }

    private static byte[] encoding(NetworkId network, byte[] body, Signature signature) {
        return new CborWriter(body.length + 112)
                .array(4)
                .uint(1)
                .bytes(network.digest().toBytes())
                .encoded(body)
                .bytes(signature.toBytes())
                .toBytes();
    }

    private static byte[] body(VerifyKey sender, long nonce, String module, byte[] payload) {
        if (nonce < 0) {
            throw new IllegalArgumentException("nonce must be >= 0, was " + nonce);
        }
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
        return this == other || (other instanceof Transaction t && id().equals(t.id()));
    }

    @Override
    public int hashCode() {
        return id().hashCode();
    }

    @Override
    public String toString() {
        return "Transaction[" + module + ", sender " + senderId().toShortString() + ", nonce " + nonce + "]";
    }
}
