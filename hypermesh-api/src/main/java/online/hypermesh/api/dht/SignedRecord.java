package online.hypermesh.api.dht;

import java.util.Arrays;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * A small value that only its publisher can change: of two records with one key the one with the higher sequence number
 * counts (the semantics of BEP 44). Immutable.
 */
public final class SignedRecord {
    /** Longest value in bytes; a record points to data, it does not hold any. */
    public static final int MAX_VALUE_BYTES = 1000;

    /** Longest salt in bytes. */
    public static final int MAX_SALT_BYTES = 64;

    /** Longest encoding in bytes. */
    public static final int MAX_ENCODED_BYTES = MAX_VALUE_BYTES + MAX_SALT_BYTES + 160;

    private static final int VERSION = 1;
    private static final DomainTag TAG = new DomainTag("hypermesh/dht-record/v1");

    private final VerifyKey publisher;
    private final byte[] salt;
    private final long sequence;
    private final long expiresMillis;
    private final byte[] value;
    private final Signature signature;

    private SignedRecord(
            VerifyKey publisher, byte[] salt, long sequence, long expiresMillis, byte[] value, Signature signature) {
        this.publisher = publisher;
        this.salt = salt;
        this.sequence = sequence;
        this.expiresMillis = expiresMillis;
        this.value = value;
        this.signature = signature;
    }

    /**
     * Makes a record.
     *
     * @param publisher signs it
     * @param network the network it is for
     * @param salt at most {@link #MAX_SALT_BYTES}; copied
     * @param sequence higher than that of the record it replaces, 0..2^63-1
     * @param expiresMillis when it ends, in milliseconds since 1970
     * @param value at most {@link #MAX_VALUE_BYTES}; copied
     * @return the record
     */
    public static SignedRecord sign(
            SigningKey publisher, NetworkId network, byte[] salt, long sequence, long expiresMillis, byte[] value) {
        if (salt.length > MAX_SALT_BYTES || value.length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException("salt and value have at most " + MAX_SALT_BYTES + " and "
                    + MAX_VALUE_BYTES + " bytes, got " + salt.length + " and " + value.length);
        }
        byte[] body = body(salt, sequence, expiresMillis, value);
        return new SignedRecord(
                publisher.verifyKey(),
                salt.clone(),
                sequence,
                expiresMillis,
                value.clone(),
                publisher.sign(TAG, network, body));
    }

    private static byte[] body(byte[] salt, long sequence, long expiresMillis, byte[] value) {
        return new CborWriter(value.length + 100)
                .array(4)
                .bytes(salt)
                .uint(sequence)
                .uint(expiresMillis)
                .bytes(value)
                .toBytes();
    }

    /**
     * Whether its publisher signed it for this network.
     *
     * @param network the network
     * @return whether the signature holds
     */
    public boolean isAuthentic(NetworkId network) {
        return publisher.verify(TAG, network, body(salt, sequence, expiresMillis, value), signature);
    }

    /**
     * Where it is.
     *
     * @return its key
     */
    public Digest key() {
        return DhtKeys.ofRecord(publisher, salt);
    }

    /**
     * Who can change it.
     *
     * @return the publisher
     */
    public VerifyKey publisher() {
        return publisher;
    }

    /**
     * What tells it from other records of its publisher.
     *
     * @return a copy
     */
    public byte[] salt() {
        return salt.clone();
    }

    /**
     * Its place in the history of its key.
     *
     * @return the sequence number
     */
    public long sequence() {
        return sequence;
    }

    /**
     * When it ends.
     *
     * @return milliseconds since 1970
     */
    public long expiresMillis() {
        return expiresMillis;
    }

    /**
     * What it says.
     *
     * @return a copy
     */
    public byte[] value() {
        return value.clone();
    }

    /**
     * The canonical encoding.
     *
     * @return bytes
     */
    public byte[] encode() {
        return new CborWriter(value.length + 200)
                .array(4)
                .uint(VERSION)
                .bytes(publisher.toBytes())
                .encoded(body(salt, sequence, expiresMillis, value))
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
    public static SignedRecord decode(byte[] encoded) {
        CborReader r = new CborReader(encoded).expectArray(4).expect(VERSION, "record version");
        VerifyKey publisher = key(r);
        r.expectArray(4);
        byte[] salt = r.bytes(MAX_SALT_BYTES);
        long sequence = r.uint();
        long expires = r.uint();
        byte[] value = r.bytes(MAX_VALUE_BYTES);
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new SignedRecord(publisher, salt, sequence, expires, value, signature);
    }

    static VerifyKey key(CborReader r) {
        byte[] bytes = r.fixedBytes(VerifyKey.LENGTH);
        try {
            return VerifyKey.of(bytes);
        } catch (IllegalArgumentException e) {
            throw new CborException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SignedRecord r && Arrays.equals(encode(), r.encode());
    }

    @Override
    public int hashCode() {
        return signature.hashCode();
    }

    @Override
    public String toString() {
        return "SignedRecord[" + key().toShortHex() + ", sequence " + sequence + "]";
    }
}
