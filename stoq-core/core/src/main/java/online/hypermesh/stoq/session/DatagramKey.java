package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/** The key of a generation of sealed datagrams: of 2^20 numbers that follow one another. Immutable. */
final class DatagramKey {
    private static final DomainTag TAG = new DomainTag("stoq/seal/datagram/v1");
    private static final int GENERATION_BITS = 20;
    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final long generation;
    private final SecretKeySpec key;
    private final byte[] iv;

    private DatagramKey(long generation, SecretKeySpec key, byte[] iv) {
        this.generation = generation;
        this.key = key;
        this.iv = iv;
    }

    static long generationOf(long number) {
        return number >>> GENERATION_BITS;
    }

    /** The key of a generation of one direction. */
    static DatagramKey derive(byte[] traffic, long generation) {
        byte[] context = ByteBuffer.allocate(Long.BYTES).putLong(generation).array();
        byte[] material = Hashing.hkdfExpand(traffic, TAG, context, KEY_BYTES + IV_BYTES);
        SecretKeySpec key = new SecretKeySpec(material, 0, KEY_BYTES, "AES");
        byte[] iv = Arrays.copyOfRange(material, KEY_BYTES, KEY_BYTES + IV_BYTES);
        Arrays.fill(material, (byte) 0);
        return new DatagramKey(generation, key, iv);
    }

    long generation() {
        return generation;
    }

    SecretKeySpec key() {
        return key;
    }

    GCMParameterSpec nonce(long number) {
        byte[] nonce = iv.clone();
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[IV_BYTES - 1 - i] ^= (byte) (number >>> (8 * i));
        }
        return new GCMParameterSpec(TAG_BITS, nonce);
    }
}
