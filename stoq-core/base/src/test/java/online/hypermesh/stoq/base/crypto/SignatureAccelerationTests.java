package online.hypermesh.stoq.base.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SignatureAccelerationTests {
    private interface Answer {
        boolean to(VerifyKey key, byte[] message, Signature signature);
    }

    private static SignatureAccelerator saying(Answer answer) {
        return new SignatureAccelerator() {
            @Override
            public String name() {
                return "test";
            }

            @Override
            public Recogniser recogniser(byte[] publicKey) {
                VerifyKey key = VerifyKey.of(publicKey);
                return (message, signature) -> answer.to(key, message, Signature.of(signature));
            }
        };
    }

    @Test
    void oneThatVerifiesIsSound() {
        assertThat(SignatureAcceleration.isSound(saying(VerifyKey::verifyRaw))).isTrue();
    }

    @Test
    void oneThatSaysYesOrNoToEverythingIsNot() {
        assertThat(SignatureAcceleration.isSound(saying((k, m, s) -> true))).isFalse();
        assertThat(SignatureAcceleration.isSound(saying((k, m, s) -> false))).isFalse();
    }

    @Test
    void oneThatIsNotSoundIsNotUsed() {
        assertThatThrownBy(() -> SignatureAcceleration.use(saying((k, m, s) -> true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not used");
        assertThat(SignatureAcceleration.current()).isNull();
    }

    @Test
    void oneThatForgetsAPartIsNot() {
        assertThat(SignatureAcceleration.isSound(saying((k, m, s) -> k.verifyRaw(new byte[] {m[0], (byte) 0x82}, s))))
                .as("the message's last byte")
                .isFalse();
        assertThat(SignatureAcceleration.isSound(saying((k, m, s) -> {
                    byte[] bytes = s.toBytes();
                    bytes[63] &= 0x1f;
                    return k.verifyRaw(m, Signature.of(bytes)) || bytes[63] != s.toBytes()[63];
                })))
                .as("the highest bits of S")
                .isFalse();
    }

    @Test
    void oneThatDoesNotMindSAboveTheOrderIsNot() {
        assertThat(SignatureAcceleration.isSound(saying((k, m, s) -> k.verifyRaw(m, s) || reducesToAGoodOne(k, m, s))))
                .isFalse();
    }

    private static boolean reducesToAGoodOne(VerifyKey key, byte[] message, Signature signature) {
        BigInteger order = BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] bytes = signature.toBytes();
        byte[] s = new byte[32];
        for (int i = 0; i < 32; i++) {
            s[31 - i] = bytes[32 + i];
        }
        byte[] reduced = new BigInteger(1, s).mod(order).toByteArray();
        Arrays.fill(bytes, 32, 64, (byte) 0);
        for (int i = 0; i < Math.min(32, reduced.length); i++) {
            bytes[32 + i] = reduced[reduced.length - 1 - i];
        }
        return key.verifyRaw(message, Signature.of(bytes));
    }
}
