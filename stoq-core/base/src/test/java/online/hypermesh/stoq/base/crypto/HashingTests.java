package online.hypermesh.stoq.base.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.MessageDigest;
import java.util.HexFormat;
import online.hypermesh.stoq.base.id.NodeId;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.junit.jupiter.api.Test;

class HashingTests {
    private static final DomainTag TAG = new DomainTag("test/hash/v1");

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] oracle(byte[] secret, byte[] salt, byte[] info, int length) {
        HKDFBytesGenerator generator = new HKDFBytesGenerator(new SHA256Digest());
        generator.init(new HKDFParameters(secret, salt, info));
        byte[] out = new byte[length];
        generator.generateBytes(out, 0, length);
        return out;
    }

    private static byte[] prefix() {
        byte[] name = TAG.name().getBytes(US_ASCII);
        byte[] prefix = new byte[name.length + 1];
        prefix[0] = (byte) name.length;
        System.arraycopy(name, 0, prefix, 1, name.length);
        return prefix;
    }

    @Test
    void plainHashesAreThoseOfTheStandard() {
        assertThat(Digest.sha256("abc".getBytes(US_ASCII)).toHex())
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @Test
    void aTaggedHashCoversLengthTagAndBody() throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        sha.update(prefix());
        assertThat(Hashing.hash(TAG, new byte[] {1, 2}).toBytes()).isEqualTo(sha.digest(new byte[] {1, 2}));
        assertThat(Hashing.hash(new DomainTag("test/hash/v2"), new byte[] {1, 2}))
                .isNotEqualTo(Hashing.hash(TAG, new byte[] {1, 2}));
    }

    @Test
    void keyDerivationAgreesWithAnotherImplementationThatHoldsTheVectorOfTheStandard() {
        // RFC 5869 appendix A.1
        assertThat(oracle(hex("0b".repeat(22)), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42))
                .isEqualTo(hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
        for (int length : new int[] {1, 31, 32, 33, 64, 100, 8160}) {
            for (int saltLength : new int[] {0, 5, 16, 32, 80}) {
                byte[] secret = hex("0b".repeat(22));
                byte[] salt = hex("5a".repeat(saltLength));
                assertThat(Hashing.hkdf(secret, salt, TAG, length)).isEqualTo(oracle(secret, salt, prefix(), length));
            }
        }
        assertThatThrownBy(() -> Hashing.hkdf(new byte[32], new byte[0], TAG, 8161))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void authenticationCodesNeedAKey() {
        assertThatThrownBy(() -> Hashing.hmac(new byte[15], TAG, new byte[0])).hasMessageContaining("15");
        assertThat(Hashing.hmac(new byte[16], TAG, new byte[0]))
                .isNotEqualTo(Hashing.hmac(new byte[16], TAG, new byte[1]));
    }

    @Test
    void aNodeIdIsTheTaggedHashOfItsKey() {
        VerifyKey key = SigningKey.fromSeed(new byte[32]).verifyKey();
        assertThat(NodeId.of(key).digest()).isEqualTo(Hashing.hash(new DomainTag("stoq/node-id/v1"), key.toBytes()));
        assertThat(NodeId.fromHex(NodeId.of(key).toString())).isEqualTo(NodeId.of(key));
        assertThat(NodeId.of(key).toString()).startsWith(NodeId.of(key).toShortString());
    }

    @Test
    void digestsOrderAsUnsignedNumbers() {
        Digest low = Digest.fromHex("7f" + "00".repeat(31));
        Digest high = Digest.fromHex("80" + "00".repeat(31));
        assertThat(low).isLessThan(high);
        assertThat(high.bit(0)).isEqualTo(1);
        assertThat(high.bit(1)).isEqualTo(0);
        assertThat(low.bit(7)).isEqualTo(1);
    }
}
