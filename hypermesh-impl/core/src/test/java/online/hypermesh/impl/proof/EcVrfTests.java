package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EcVrfTests {
    private static final HexFormat HEX = HexFormat.of();

    /** RFC 9381 appendix B.1, examples 10 to 12. */
    @ParameterizedTest
    @CsvSource({
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721,"
                + "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6,73616d706c65,"
                + "035b5c726e8c0e2c488a107c600578ee75cb702343c153cb1eb8dec77f4b5071b4a53f0a46f018bc2c56e58d383f2305e0"
                + "975972c26feea0eb122fe7893c15af376b33edf7de17c6ea056d4d82de6bc02f,"
                + "a3ad7b0ef73d8fc6655053ea22f9bede8c743f08bbed3d38821f0e16474b505e",
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721,"
                + "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6,74657374,"
                + "034dac60aba508ba0c01aa9be80377ebd7562c4a52d74722e0abae7dc3080ddb56c19e067b15a8a8174905b13617804534"
                + "214f935b94c2287f797e393eb0816969d864f37625b443f30f1a5a33f2b3c854,"
                + "a284f94ceec2ff4b3794629da7cbafa49121972671b466cab4ce170aa365f26d",
        "2ca1411a41b17b24cc8c3b089cfd033f1920202a6c0de8abb97df1498d50d2c8,"
                + "03596375e6ce57e0f20294fc46bdfcfd19a39f8161b58695b3ec5b3d16427c274d,"
                + "4578616d706c65207573696e67204543445341206b65792066726f6d20417070656e646978204c2e342e32206f6620414e53492e"
                + "58392d36322d32303035,"
                + "03d03398bf53aa23831d7d1b2937e005fb0062cbefa06796579f2a1fc7e7b8c667d091c00b0f5c3619d10ecea44363b5a5"
                + "99cadc5b2957e223fec62e81f7b4825fc799a771a3d7334b9186bdbee87316b1,"
                + "90871e06da5caa39a3c61578ebb844de8635e27ac0b13e829997d0d95dd98c19"
    })
    void givesTheVectorsOfTheStandard(String secret, String key, String alpha, String proof, String output) {
        try (EcVrf vrf = EcVrf.of(HEX.parseHex(secret))) {
            assertThat(vrf.publicKey()).isEqualTo(HEX.parseHex(key));
            assertThat(vrf.prove(HEX.parseHex(alpha))).isEqualTo(HEX.parseHex(proof));
        }
        assertThat(EcVrf.verify(HEX.parseHex(key), HEX.parseHex(alpha), HEX.parseHex(proof)))
                .contains(Digest.fromHex(output));
    }

    @Test
    void refusesEveryFlippedByteAnotherInputAndAnotherKey() {
        EcVrf vrf = EcVrf.of(Digest.sha256(new byte[] {1}).toBytes());
        byte[] alpha = {1, 2, 3};
        byte[] proof = vrf.prove(alpha);
        for (int i = 0; i < proof.length; i++) {
            byte[] flipped = proof.clone();
            flipped[i] ^= 1;
            assertThat(EcVrf.verify(vrf.publicKey(), alpha, flipped))
                    .as("byte " + i)
                    .isEmpty();
        }
        assertThat(EcVrf.verify(vrf.publicKey(), new byte[] {1, 2, 4}, proof)).isEmpty();
        EcVrf other = EcVrf.of(Digest.sha256(new byte[] {2}).toBytes());
        assertThat(EcVrf.verify(other.publicKey(), alpha, proof)).isEmpty();
        assertThat(EcVrf.verify(new byte[33], alpha, proof)).isEmpty();
    }

    @Test
    void refusesSecretsOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> EcVrf.of(new byte[32]));
        byte[] order = HEX.parseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        assertThatIllegalArgumentException().isThrownBy(() -> EcVrf.of(order));
    }

    @Test
    void sortitionFollowsTheStakeAndCannotBeSplit() {
        int whole = 0;
        int split = 0;
        for (int i = 0; i < 4000; i++) {
            Digest output = Digest.sha256(new byte[] {(byte) i, (byte) (i >>> 8)});
            Digest second = Digest.sha256(output.toBytes());
            whole += Sortition.selects(output, 200, 1000, 1) ? 1 : 0;
            split += (Sortition.selects(output, 100, 1000, 1) ? 1 : 0)
                    + (Sortition.selects(second, 100, 1000, 1) ? 1 : 0);
        }
        assertThat(whole).isBetween(700, 900);
        assertThat(split).isBetween(700, 900);
        assertThat(Sortition.selects(Digest.ZERO, 0, 1, 1)).isFalse();
        Digest most = Digest.fromHex("ff".repeat(32));
        assertThat(Sortition.selects(most, Long.MAX_VALUE, Long.MAX_VALUE, 1)).isTrue();
    }
}
