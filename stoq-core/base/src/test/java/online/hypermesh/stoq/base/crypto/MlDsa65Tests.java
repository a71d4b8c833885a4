package online.hypermesh.stoq.base.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class MlDsa65Tests {
    private static final DomainTag TAG = new DomainTag("hypermesh/test/v1");
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final byte[] TEXT = {1, 2, 3};

    private final MlDsa65 key = MlDsa65.fromSeed(new byte[32]);

    @Test
    void aSignatureHoldsForItsTextTagNetworkAndKeyOnly() {
        byte[] signature = key.sign(TAG, NETWORK, TEXT);
        byte[] publicKey = key.publicKey();
        assertThat(publicKey).hasSize(MlDsa65.KEY_LENGTH);
        assertThat(signature).hasSize(MlDsa65.SIGNATURE_LENGTH).isEqualTo(key.sign(TAG, NETWORK, TEXT));
        assertThat(MlDsa65.verify(publicKey, TAG, NETWORK, TEXT, signature)).isTrue();
        assertThat(MlDsa65.verify(publicKey, TAG, NETWORK, new byte[] {1, 2}, signature))
                .isFalse();
        assertThat(MlDsa65.verify(publicKey, new DomainTag("hypermesh/test/v2"), NETWORK, TEXT, signature))
                .isFalse();
        assertThat(MlDsa65.verify(publicKey, TAG, new NetworkId(Digest.sha256(new byte[] {2})), TEXT, signature))
                .isFalse();
        byte[] seed = new byte[32];
        seed[0] = 1;
        assertThat(MlDsa65.verify(MlDsa65.fromSeed(seed).publicKey(), TAG, NETWORK, TEXT, signature))
                .isFalse();
        for (int at : new int[] {0, 48, 1_000, 3_250, 3_308}) {
            byte[] bad = signature.clone();
            bad[at] ^= 1;
            assertThat(MlDsa65.verify(publicKey, TAG, NETWORK, TEXT, bad))
                    .as("byte " + at)
                    .isFalse();
        }
    }

    @Test
    void otherLengthsAreRefused() {
        byte[] signature = key.sign(TAG, NETWORK, TEXT);
        assertThat(MlDsa65.verify(key.publicKey(), TAG, NETWORK, TEXT, Arrays.copyOf(signature, 3_310)))
                .isFalse();
        assertThat(MlDsa65.verify(Arrays.copyOf(key.publicKey(), 1_951), TAG, NETWORK, TEXT, signature))
                .isFalse();
        assertThatThrownBy(() -> MlDsa65.fromSeed(new byte[31])).hasMessageContaining("32");
    }

    @Test
    void theSameSeedGivesTheSameKey() {
        assertThat(HexFormat.of().formatHex(MlDsa65.fromSeed(new byte[32]).publicKey()))
                .isEqualTo(HexFormat.of().formatHex(key.publicKey()));
        assertThat(key.toString())
                .doesNotContain(HexFormat.of().formatHex(key.publicKey()).substring(0, 8));
    }
}
