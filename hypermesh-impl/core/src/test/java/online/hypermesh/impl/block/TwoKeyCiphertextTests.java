package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.junit.jupiter.api.Test;

/**
 * A ciphertext that AES-GCM takes under two keys ("invisible salamander": Dodis, Grubbs, Ristenpart, Woodage, CRYPTO 2018 §3),
 * made by an author who wants two readers to see different things.
 */
class TwoKeyCiphertextTests {
    private static final int LENGTH = 64;
    private static final int BLOCK = 16;
    private static final int PLAIN = LENGTH - 8;
    private static final BigInteger POLYNOMIAL = BigInteger.ONE.shiftLeft(128).add(BigInteger.valueOf(0x87));

    private final Author author = new Author();
    private final SecretBytes first = Author.secret(1);
    private final SecretBytes second = Author.secret(2);

    @Test
    void oneBodyThatDecryptsUnderTwoKeysOpensForTheCommittedOneOnly() throws Exception {
        SealedHeader header = author.header(LENGTH, Author.commitment(first), Digest.ZERO);
        byte[] body = collide(header);
        byte[] one = decrypt(header, first, body);
        byte[] two = decrypt(header, second, body);
        assertThat(one).isNotEqualTo(two);

        SealedBlock block = author.publish(header, body);
        RecipientKey anna = RecipientKey.generate(author.random);
        RecipientKey ben = RecipientKey.generate(author.random);
        BlockEnvelope toAnna = author.envelopes.seal(new FreshBlock(block, first), List.of(anna.publicKey()));
        BlockEnvelope toBoth = author.envelopes.add(toAnna, second, ben.publicKey());
        try (OpenedBlock opened = author.opener.open(Author.bytes(block), toBoth, new KeyRing(anna))) {
            assertThat(opened.readAll()).isEqualTo(Arrays.copyOfRange(one, LENGTH - PLAIN, LENGTH));
        }
        Author.refused(Code.DENIED, () -> author.opener.open(Author.bytes(block), toBoth, new KeyRing(ben)));
    }

    /** What a reader without key commitment would see. */
    private static byte[] decrypt(SealedHeader header, SecretBytes key, byte[] body) {
        byte[] plain = new byte[LENGTH];
        try (BlockKeys keys = new BlockKeys(key, header.salt());
                SegmentCipher cipher = keys.cipher(header.encodeCore())) {
            cipher.open(0, true, body, 0, body.length, plain, 0);
        }
        return plain;
    }

    private static byte[] tagged(SealedHeader header, SecretBytes key, byte[] plain) {
        byte[] sealed = new byte[plain.length + BLOCK];
        try (BlockKeys keys = new BlockKeys(key, header.salt());
                SegmentCipher cipher = keys.cipher(header.encodeCore())) {
            cipher.seal(0, true, plain, 0, plain.length, sealed, 0);
        }
        return sealed;
    }

    /** The tag that a ciphertext has under a key. */
    private static BigInteger tag(SealedHeader header, SecretBytes key, byte[] ciphertext) {
        byte[] stream = tagged(header, key, new byte[ciphertext.length]);
        byte[] plain = new byte[ciphertext.length];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) (ciphertext[i] ^ stream[i]);
        }
        byte[] sealed = tagged(header, key, plain);
        return field(Arrays.copyOfRange(sealed, LENGTH, LENGTH + BLOCK));
    }

    /** Solves for the last block of ciphertext: it stands before the length block, so its tag term is X·H². */
    private byte[] collide(SealedHeader header) throws Exception {
        byte[] ciphertext = new byte[LENGTH];
        // under the first key one frame that is kept as it is, so that whatever the last block decrypts to is plaintext
        byte[] inner = new byte[LENGTH];
        inner[3] = PLAIN;
        inner[7] = PLAIN;
        System.arraycopy(tagged(header, first, inner), 0, ciphertext, 0, LENGTH - BLOCK);
        BigInteger difference = tag(header, first, ciphertext).xor(tag(header, second, ciphertext));
        BigInteger h1 = hashKey(header, first);
        BigInteger h2 = hashKey(header, second);
        BigInteger x = multiply(difference, invert(multiply(h1, h1).xor(multiply(h2, h2))));
        System.arraycopy(bytes(x), 0, ciphertext, LENGTH - BLOCK, BLOCK);
        BigInteger tag = tag(header, first, ciphertext);
        assertThat(tag).isEqualTo(tag(header, second, ciphertext));
        byte[] body = Arrays.copyOf(ciphertext, LENGTH + BLOCK);
        System.arraycopy(bytes(tag), 0, body, LENGTH, BLOCK);
        return body;
    }

    private static BigInteger hashKey(SealedHeader header, SecretBytes key) throws Exception {
        byte[] prk = Hashing.hkdfExtract(header.salt().toBytes(), key.toBytes());
        byte[] aes = Hashing.hkdfExpand(prk, new DomainTag("hypermesh/block-key/v1"), new byte[0], 39);
        Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
        ecb.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(aes, 0, 32, "AES"));
        return field(ecb.doFinal(new byte[BLOCK]));
    }

    /** GCM counts bits from the left (NIST SP 800-38D §6.3); here bit i of the number is the coefficient of x^i. */
    private static BigInteger field(byte[] block) {
        BigInteger value = BigInteger.ZERO;
        for (int i = 0; i < 128; i++) {
            if ((block[i / 8] >>> (7 - i % 8) & 1) == 1) {
                value = value.setBit(i);
            }
        }
        return value;
    }

    private static byte[] bytes(BigInteger value) {
        byte[] block = new byte[BLOCK];
        for (int i = 0; i < 128; i++) {
            if (value.testBit(i)) {
                block[i / 8] |= (byte) (0x80 >>> (i % 8));
            }
        }
        return block;
    }

    private static BigInteger multiply(BigInteger a, BigInteger b) {
        BigInteger product = BigInteger.ZERO;
        for (int i = 0; i < 128; i++) {
            if (b.testBit(i)) {
                product = product.xor(a.shiftLeft(i));
            }
        }
        for (int i = product.bitLength() - 1; i >= 128; i--) {
            if (product.testBit(i)) {
                product = product.xor(POLYNOMIAL.shiftLeft(i - 128));
            }
        }
        return product;
    }

    /** By Fermat: a^(2^128 − 2). */
    private static BigInteger invert(BigInteger a) {
        BigInteger result = BigInteger.ONE;
        BigInteger square = a;
        for (int i = 1; i < 128; i++) {
            square = multiply(square, square);
            result = multiply(result, square);
        }
        return result;
    }
}
