package online.hypermesh.stoq.accp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;
import java.util.HexFormat;
import java.util.Random;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SignatureAcceleration;
import online.hypermesh.stoq.base.crypto.SignatureAccelerator;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CorrettoSignaturesTests {
    private SignatureAccelerator accelerator;

    @BeforeEach
    void load() {
        assumeTrue(
                AmazonCorrettoCryptoProvider.INSTANCE.getLoadingError() == null,
                "the AWS-LC library on the path is not for this platform");
        accelerator = new CorrettoSignatures();
    }

    private static SigningKey key(Random random) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        return SigningKey.fromSeed(seed);
    }

    @Test
    void canBeUsedByAllKeys() {
        SignatureAcceleration.use(accelerator);
        SigningKey key = key(new Random(3));
        byte[] message = {1, 2, 3};
        byte[] bad = key.signRaw(message).toBytes();
        assertThat(key.verifyKey().verifyRaw(message, Signature.of(bad))).isTrue();
        bad[7] ^= 4;
        assertThat(key.verifyKey().verifyRaw(message, Signature.of(bad))).isFalse();
    }

    @Test
    void recognisesGoodSignatures() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            SigningKey key = key(random);
            byte[] message = new byte[random.nextInt(300)];
            random.nextBytes(message);
            assertThat(accelerator
                            .recogniser(key.verifyKey().toBytes())
                            .certainlyHolds(message, key.signRaw(message).toBytes()))
                    .isTrue();
        }
    }

    @Test
    void recognisesNothingThatTheBuiltInCodeRefuses() {
        Random random = new Random(2);
        SigningKey key = key(random);
        SignatureAccelerator.Recogniser recogniser =
                accelerator.recogniser(key.verifyKey().toBytes());
        for (int i = 0; i < 2000; i++) {
            byte[] message = new byte[40];
            random.nextBytes(message);
            byte[] signature = key.signRaw(message).toBytes();
            if (random.nextInt(4) == 0) {
                message[random.nextInt(message.length)] ^= (byte) (1 << random.nextInt(8));
            } else {
                signature[random.nextInt(signature.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertThat(recogniser.certainlyHolds(message, signature)).isFalse();
            assertThat(key.verifyKey().verifyRaw(message, Signature.of(signature)))
                    .isFalse();
        }
    }

    // Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs (2020), case 4
    @Test
    void leavesToTheBuiltInCodeWhatHoldsWithTheCofactorOnly() {
        byte[] message = HexFormat.of().parseHex("e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c");
        byte[] publicKey = HexFormat.of().parseHex("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d");
        byte[] signature = HexFormat.of()
                .parseHex("160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
                        + "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09");
        assertThat(accelerator.recogniser(publicKey).certainlyHolds(message, signature))
                .isFalse();
        assertThat(VerifyKey.of(publicKey).verifyRaw(message, Signature.of(signature)))
                .isTrue();
    }

    @Test
    void doesNotChangeWhatThePlatformDoes() {
        assertThat(Security.getProviders()).noneMatch(provider -> provider instanceof AmazonCorrettoCryptoProvider);
    }
}
