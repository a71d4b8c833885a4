package online.hypermesh.stoq.base.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MlKem768Tests {
    private static final byte[] SEED = new byte[64];
    private static final SecureRandom RANDOM = new SecureRandom();

    @Test
    void bothSidesGetTheSameSecret() {
        try (MlKem768 key = MlKem768.generate(RANDOM)) {
            MlKem768.Encapsulated made = MlKem768.encapsulate(key.encapsulationKey(), RANDOM);
            assertThat(made.ciphertext()).hasSize(MlKem768.CIPHERTEXT_LENGTH);
            assertThat(made.secret()).hasSize(MlKem768.SECRET_LENGTH);
            assertThat(key.decapsulate(made.ciphertext())).isEqualTo(made.secret());
        }
    }

    @Test
    void aSeedGivesOneKeyAndGivenChanceOneCiphertext() {
        MlKem768 key = MlKem768.fromSeed(SEED);
        assertThat(key.encapsulationKey()).isEqualTo(MlKem768.fromSeed(SEED).encapsulationKey());
        MlKem768.Encapsulated one = MlKem768.encapsulate(key.encapsulationKey(), new byte[32]);
        MlKem768.Encapsulated two = MlKem768.encapsulate(key.encapsulationKey(), new byte[32]);
        assertThat(one.ciphertext()).isEqualTo(two.ciphertext());
        assertThat(key.decapsulate(one.ciphertext())).isEqualTo(two.secret());
    }

    @Test
    void aDamagedCiphertextGivesAnotherSecret() {
        MlKem768 key = MlKem768.generate(RANDOM);
        MlKem768.Encapsulated made = MlKem768.encapsulate(key.encapsulationKey(), RANDOM);
        byte[] damaged = made.ciphertext().clone();
        damaged[100] ^= 1;
        assertThat(key.decapsulate(damaged)).isNotEqualTo(made.secret());
    }

    @Test
    void otherLengthsAndImpossibleKeysAreRefused() {
        MlKem768 key = MlKem768.generate(RANDOM);
        assertThatThrownBy(() -> key.decapsulate(new byte[10])).hasMessageContaining("1088");
        assertThatThrownBy(() -> MlKem768.encapsulate(new byte[10], RANDOM)).hasMessageContaining("1184");
        byte[] overModulus = new byte[MlKem768.KEY_LENGTH];
        Arrays.fill(overModulus, (byte) 0xff);
        assertThatThrownBy(() -> MlKem768.encapsulate(overModulus, RANDOM))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MlKem768.fromSeed(new byte[32])).hasMessageContaining("64");
    }
}
