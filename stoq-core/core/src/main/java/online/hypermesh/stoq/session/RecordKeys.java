package online.hypermesh.stoq.session;

import java.util.Arrays;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * The keys of one direction of a sealed stream. After {@value #RECORDS_PER_KEY} records, at most 4 GiB, the next key
 * follows, from which the earlier ones cannot be computed. Confined to one thread at a time.
 */
final class RecordKeys {
    static final int RECORDS_PER_KEY = 1 << 16;

    private static final DomainTag KEY_TAG = new DomainTag("stoq/seal/key/v1");
    private static final DomainTag NEXT_TAG = new DomainTag("stoq/seal/next/v1");
    private static final int SECRET_BYTES = 32;
    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final byte[] secret;
    private final byte[] iv = new byte[IV_BYTES];
    private SecretKeySpec key;
    private int sequence;

    RecordKeys(byte[] secret) {
        this.secret = secret;
        this.key = expand();
    }

    private SecretKeySpec expand() {
        byte[] material = Hashing.hkdfExpand(secret, KEY_TAG, new byte[0], KEY_BYTES + IV_BYTES);
        SecretKeySpec expanded = new SecretKeySpec(material, 0, KEY_BYTES, "AES");
        System.arraycopy(material, KEY_BYTES, iv, 0, IV_BYTES);
        Arrays.fill(material, (byte) 0);
        return expanded;
    }

    /** The key of the record that comes next. */
    SecretKeySpec key() {
        if (sequence == RECORDS_PER_KEY) {
            byte[] next = Hashing.hkdfExpand(secret, NEXT_TAG, new byte[0], SECRET_BYTES);
            System.arraycopy(next, 0, secret, 0, SECRET_BYTES);
            Arrays.fill(next, (byte) 0);
            key = expand();
            sequence = 0;
        }
        return key;
    }

    /** The nonce of the record that comes next under {@link #key()}; no other record gets it. */
    GCMParameterSpec takeNonce() {
        byte[] nonce = iv.clone();
        for (int i = 0; i < Integer.BYTES; i++) {
            nonce[IV_BYTES - 1 - i] ^= (byte) (sequence >>> (8 * i));
        }
        sequence++;
        return new GCMParameterSpec(TAG_BITS, nonce);
    }
}
