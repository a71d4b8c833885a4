package online.hypermesh.impl.content.repository;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.generators.SCrypt;
import org.junit.jupiter.api.Test;

class ScryptTests {
    private static String derive(String secret, String salt, int n, int r) {
        return HexFormat.of().formatHex(Scrypt.derive(secret.getBytes(US_ASCII), salt.getBytes(US_ASCII), n, r, 64));
    }

    /** RFC 7914 §12, those with p = 1 that need little memory. */
    @Test
    void theVectorsOfTheRfcHold() {
        assertThat(derive("", "", 16, 1))
                .isEqualTo("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                        + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
        assertThat(derive("pleaseletmein", "SodiumChloride", 16384, 8))
                .isEqualTo("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                        + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
    }

    @Test
    void anotherImplementationAgrees() {
        Random random = new Random(3);
        for (int i = 0; i < 40; i++) {
            byte[] secret = new byte[i * 3];
            byte[] salt = new byte[i];
            random.nextBytes(secret);
            random.nextBytes(salt);
            int n = 1 << 1 + i % 7;
            int r = 1 + i % 9;
            assertThat(Scrypt.derive(secret, salt, n, r, 16 + i))
                    .isEqualTo(SCrypt.generate(secret, salt, n, r, 1, 16 + i));
        }
    }

    @Test
    void costsOutOfRangeAreRefused() {
        for (int[] wrong : new int[][] {{1, 8}, {3, 8}, {16, 0}, {1 << 24, 1}, {1 << 20, 16}}) {
            assertThatThrownBy(() -> Scrypt.derive(new byte[1], new byte[1], wrong[0], wrong[1], 32))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
