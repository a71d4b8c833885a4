package online.hypermesh.impl.seal;

import java.util.Arrays;
import java.util.HexFormat;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/** The public half of a {@link RecipientKey}: an X-Wing (X25519 + ML-KEM-768) encapsulation key. Immutable. */
public final class RecipientPublicKey {
    /** Length in bytes. */
    public static final int LENGTH = 1216;

    /** Length of {@link #hint()} in bytes. */
    public static final int HINT_BYTES = 8;

    private static final DomainTag HINT_TAG = new DomainTag("hypermesh/recipient-hint/v1");

    private final byte[] value;

    private RecipientPublicKey(byte[] value) {
        this.value = value;
    }

    /**
     * Wraps an encoded key.
     *
     * @param value {@link #LENGTH} bytes
     * @return the key
     */
    public static RecipientPublicKey of(byte[] value) {
        if (value.length != LENGTH) {
            throw new IllegalArgumentException("an X-Wing public key has " + LENGTH + " bytes, got " + value.length);
        }
        return new RecipientPublicKey(value.clone());
    }

    /**
     * The encoded key.
     *
     * @return a fresh array
     */
    public byte[] toBytes() {
        return value.clone();
    }

    /**
     * What marks this recipient's stanza in envelopes. Public: envelopes to one recipient can be linked by it.
     *
     * @return {@link #HINT_BYTES} bytes
     */
    public byte[] hint() {
        return Arrays.copyOf(Hashing.hash(HINT_TAG, value).toBytes(), HINT_BYTES);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RecipientPublicKey k && Arrays.equals(value, k.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "RecipientPublicKey[" + HexFormat.of().formatHex(hint()) + "]";
    }
}
