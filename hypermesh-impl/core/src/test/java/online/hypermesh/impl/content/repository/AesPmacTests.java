package online.hypermesh.impl.content.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.crypto.BlockCipher;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

class AesPmacTests {
    private static final int BLOCK = 16;
    private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(128).or(BigInteger.valueOf(0x87));

    /** The definition, block by block, on another implementation of AES and with whole numbers as polynomials. */
    private static byte[] tag(byte[] key, byte[] message) {
        BlockCipher aes = AESEngine.newInstance();
        aes.init(false, new KeyParameter(key));
        BigInteger mask = opened(aes, BigInteger.ZERO);
        BigInteger sum = BigInteger.ZERO;
        int at = 0;
        for (; message.length - at > BLOCK; at += BLOCK) {
            mask = timesX(mask);
            sum = sum.xor(opened(aes, new BigInteger(1, Arrays.copyOfRange(message, at, at + BLOCK)).xor(mask)));
        }
        mask = timesX(mask);
        byte[] last = Arrays.copyOfRange(message, at, at + BLOCK);
        mask = mask.xor(timesX(mask));
        if (message.length - at < BLOCK) {
            last[message.length - at] = (byte) 0x80;
            mask = mask.xor(timesX(mask));
        }
        return bytes(opened(aes, sum.xor(new BigInteger(1, last)).xor(mask)));
    }

    private static BigInteger timesX(BigInteger value) {
        BigInteger twice = value.shiftLeft(1);
        return twice.testBit(128) ? twice.xor(MODULUS) : twice;
    }

    private static BigInteger opened(BlockCipher aes, BigInteger block) {
        byte[] out = new byte[BLOCK];
        aes.processBlock(bytes(block), 0, out, 0);
        return new BigInteger(1, out);
    }

    private static byte[] bytes(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] block = new byte[BLOCK];
        int length = Math.min(BLOCK, bytes.length);
        System.arraycopy(bytes, bytes.length - length, block, BLOCK - length, length);
        return block;
    }

    @Test
    void tagsFollowTheDefinitionWhateverCameBefore() {
        byte[] key = TestStore.random(1, AesPmac.KEY_BYTES);
        byte[] source = TestStore.random(2, 70_000);
        AesPmac mac = new AesPmac(key);
        byte[] out = new byte[32];
        for (int length : new int[] {
            1, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 8128, 8160, 8192, 8193, 32_768, 65_000, 5, 0, 48, 1
        }) {
            mac.tag(source, 3, length, out);
            assertThat(out).as("%s bytes", length).startsWith(tag(key, Arrays.copyOfRange(source, 3, 3 + length)));
        }
        assertThatThrownBy(() -> new AesPmac(new byte[16])).hasMessageContaining("32 bytes");
    }

    @Test
    void padsAreToldFromContent() {
        byte[] key = TestStore.random(1, AesPmac.KEY_BYTES);
        byte[] shorter = TestStore.random(2, 31);
        byte[] whole = Arrays.copyOf(shorter, 32);
        whole[31] = (byte) 0x80;
        byte[] one = new byte[BLOCK];
        byte[] other = new byte[BLOCK];
        AesPmac mac = new AesPmac(key);
        mac.tag(shorter, 0, 31, one);
        mac.tag(whole, 0, 32, other);
        assertThat(one).isNotEqualTo(other);
    }
}
