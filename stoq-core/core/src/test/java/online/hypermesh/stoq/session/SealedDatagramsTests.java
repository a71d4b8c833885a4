package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class SealedDatagramsTests {
    private final SealedDatagrams client = side(true);
    private final SealedDatagrams server = side(false);

    private static SealedDatagrams side(boolean client) {
        return new SealedDatagrams(
                SealSecrets.derive(client, new byte[32], new byte[32], Digest.ZERO, new SealCiphers()));
    }

    @Test
    void eachOpensOnceInAnyOrderAndOnlyAtThePeer() {
        byte[] one = client.seal(new byte[] {1});
        byte[] two = client.seal(new byte[] {2});
        byte[] empty = client.seal(new byte[0]);
        assertThat(one).hasSize(1 + SealedDatagrams.OVERHEAD_BYTES);
        assertThat(server.open(two)).containsExactly(2);
        assertThat(server.open(one)).containsExactly(1);
        assertThat(server.open(empty)).isEmpty();
        assertThat(server.open(one)).isNull();
        assertThat(client.open(one)).isNull();
        assertThat(client.open(server.seal(new byte[] {3}))).containsExactly(3);
    }

    @Test
    void everyChangedByteIsNoticed() {
        byte[] sealed = client.seal(new byte[20]);
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThat(server.open(changed)).as("byte " + i).isNull();
        }
        assertThat(server.open(new byte[SealedDatagrams.OVERHEAD_BYTES - 1])).isNull();
        assertThat(server.open(sealed)).hasSize(20);
    }

    @Test
    void keysChangeWithTheGeneration() {
        byte[] traffic = new byte[32];
        long last = (1L << 20) - 1;
        assertThat(DatagramKey.generationOf(last)).isZero();
        assertThat(DatagramKey.generationOf(last + 1)).isEqualTo(1);
        assertThat(DatagramKey.derive(traffic, 0).key().getEncoded())
                .isNotEqualTo(DatagramKey.derive(traffic, 1).key().getEncoded());
    }
}
