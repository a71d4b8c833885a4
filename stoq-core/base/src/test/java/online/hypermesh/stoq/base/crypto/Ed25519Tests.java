package online.hypermesh.stoq.base.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519Tests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final DomainTag TAG = new DomainTag("test/signature/v1");

    private static byte[] hex(String digits) {
        return digits == null ? new byte[0] : HexFormat.of().parseHex(digits);
    }

    // RFC 8032 section 7.1, tests 1 to 3
    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,,"
                + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
                + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
                + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    })
    void theVectorsOfTheStandardHold(String seed, String publicKey, String message, String signature) {
        SigningKey key = SigningKey.fromSeed(hex(seed));
        assertThat(key.verifyKey().toBytes()).isEqualTo(hex(publicKey));
        assertThat(key.signRaw(hex(message)).toBytes()).isEqualTo(hex(signature));
        assertThat(key.verifyKey().verifyRaw(hex(message), Signature.of(hex(signature))))
                .isTrue();
        byte[] longer = Arrays.copyOf(hex(message), hex(message).length + 1);
        assertThat(key.verifyKey().verifyRaw(longer, Signature.of(hex(signature))))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // the points of small order
                "0100000000000000000000000000000000000000000000000000000000000000",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                // y not below the prime
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                // x = 0 with a sign
                "0100000000000000000000000000000000000000000000000000000000000080",
                // not on the curve
                "0200000000000000000000000000000000000000000000000000000000000000"
            })
    void keysOfSmallOrderOrWithoutCanonicalFormAreRefused(String publicKey) {
        assertThatThrownBy(() -> VerifyKey.of(hex(publicKey))).isInstanceOf(IllegalArgumentException.class);
    }

    // Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs (2020), the cases whose key has not small order
    @ParameterizedTest
    @CsvSource({
        // 2: key of mixed order, R of small order
        "true,aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab,"
                + "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43,"
                + "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
                + "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        // 3: key and R of mixed order, both equations hold
        "true,9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79,"
                + "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d,"
                + "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
                + "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        // 4: only the equation with cofactor holds
        "true,e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c,"
                + "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d,"
                + "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
                + "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        // 5: only the equation with cofactor holds, if the hash is reduced before it is multiplied
        "true,e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c,"
                + "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d,"
                + "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
                + "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        // 6: S is not below the group order
        "false,85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40,"
                + "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623,"
                + "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
                + "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        // 7: S is far above the group order
        "false,85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40,"
                + "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623,"
                + "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
                + "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        // R without canonical form, reduced for the hash or not
        "false,fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a,"
                + "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43,"
                + "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
        "false,84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1,"
                + "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43,"
                + "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09"
    })
    void theEdgeCasesAreDecidedByOneRule(boolean holds, String message, String publicKey, String signature) {
        assertThat(VerifyKey.of(hex(publicKey)).verifyRaw(hex(message), Signature.of(hex(signature))))
                .isEqualTo(holds);
    }

    @Test
    void aSignatureIsForOneTagOneNetworkAndOneBody() {
        SigningKey key = SigningKey.fromSeed(new byte[32]);
        byte[] body = {1, 2, 3};
        Signature signature = key.sign(TAG, NETWORK, body);
        VerifyKey verifyKey = key.verifyKey();
        assertThat(verifyKey.verify(TAG, NETWORK, body, signature)).isTrue();
        assertThat(verifyKey.verify(new DomainTag("test/signature/v2"), NETWORK, body, signature))
                .isFalse();
        assertThat(verifyKey.verify(TAG, new NetworkId(Digest.ZERO), body, signature))
                .isFalse();
        assertThat(verifyKey.verify(TAG, NETWORK, new byte[] {1, 2, 4}, signature))
                .isFalse();
        assertThat(SigningKey.fromSeed(hex("01".repeat(32))).verifyKey().verify(TAG, NETWORK, body, signature))
                .isFalse();
    }

    @Test
    void secretsDoNotPrintAndDoNotOutliveTheirEnd() {
        SigningKey key = SigningKey.fromSeed(hex("ab".repeat(32)));
        assertThat(key.toString()).doesNotContain("abab");
        assertThat(key.seed().toString()).isEqualTo("SecretBytes[redacted]");
        key.close();
        key.close();
        assertThatThrownBy(() -> key.signRaw(new byte[1])).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> key.seed().toBytes()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void lengthsAreChecked() {
        assertThatThrownBy(() -> VerifyKey.of(new byte[31])).hasMessageContaining("31");
        assertThatThrownBy(() -> SigningKey.fromSeed(new byte[33])).hasMessageContaining("33");
        assertThatThrownBy(() -> Signature.of(new byte[63])).hasMessageContaining("63");
        assertThatThrownBy(() -> Digest.of(new byte[31])).hasMessageContaining("31");
        assertThatThrownBy(() -> new DomainTag("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DomainTag("with space")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DomainTag("x".repeat(65))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyKeysDecodedInTurnsStayWhatTheyAre() {
        List<SigningKey> keys = new ArrayList<>();
        for (int i = 0; i < 700; i++) { // more than are remembered
            byte[] seed = new byte[32];
            seed[0] = (byte) i;
            seed[1] = (byte) (i >> 8);
            keys.add(SigningKey.fromSeed(seed));
        }
        for (int round = 0; round < 2; round++) {
            for (SigningKey key : keys) {
                byte[] bytes = key.verifyKey().toBytes();
                assertThat(VerifyKey.of(bytes)).isEqualTo(key.verifyKey());
                bytes[0] ^= 1; // not the caller's array is remembered
                assertThat(VerifyKey.of(key.verifyKey().toBytes()).toBytes())
                        .isEqualTo(key.verifyKey().toBytes());
            }
        }
    }
}
