package online.hypermesh.bootstrap;

import static online.hypermesh.bootstrap.FourNodes.VALIDATORS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;

final class NetworkPhaseModuleTests {
    private static final Phase TWO = Phase.PARTIAL_FEDERATION;
    private static final Phase THREE = Phase.FULL_FEDERATION;

    private final FourNodes network = new FourNodes();

    @Test
    void aNetworkBeginsInPhaseOne() {
        assertThat(network.networkPhase()).isEqualTo(new NetworkPhase(Phase.TRUST, 0, 1));
        assertThat(network.read(NetworkPhaseModule.checkpointKey(TWO))).isEmpty();
    }

    @Test
    void moreThanTwoThirdsOfTheStakeMoveItAndTheHeightIsKept() {
        network.attest(VALIDATORS.get(0), TWO);
        network.attest(VALIDATORS.get(3), TWO);
        assertThat(network.networkPhase().phase()).isEqualTo(Phase.TRUST);
        Outcome third = network.attest(VALIDATORS.get(1), TWO);
        NetworkPhase expected = new NetworkPhase(TWO, 3, 3000);
        assertThat(third)
                .isInstanceOfSatisfying(
                        Outcome.Applied.class,
                        a -> assertThat(NetworkPhase.decode(a.result())).isEqualTo(expected));
        assertThat(network.networkPhase()).isEqualTo(expected);
        assertThat(network.read(NetworkPhaseModule.readyKey(TWO))).isEmpty();
        for (SigningKey validator : VALIDATORS) {
            network.attest(validator, THREE);
        }
        assertThat(network.networkPhase().phase()).isEqualTo(THREE);
        assertThat(network.networkPhase().height()).isEqualTo(6);
        assertThat(NetworkPhase.decode(
                        network.read(NetworkPhaseModule.checkpointKey(TWO)).orElseThrow()))
                .isEqualTo(expected);
    }

    @Test
    void exactlyTwoThirdsAreNotEnough() {
        FourNodes three = new FourNodes(1, 1, 1);
        three.attest(VALIDATORS.get(0), TWO);
        three.attest(VALIDATORS.get(1), TWO);
        assertThat(three.networkPhase().phase()).isEqualTo(Phase.TRUST);
        three.attest(VALIDATORS.get(2), TWO);
        assertThat(three.networkPhase().phase()).isEqualTo(TWO);
    }

    @Test
    void stakeCountsAndNotHeads() {
        FourNodes uneven = new FourNodes(7, 1, 1, 1);
        uneven.attest(VALIDATORS.get(1), TWO);
        uneven.attest(VALIDATORS.get(2), TWO);
        uneven.attest(VALIDATORS.get(3), TWO);
        assertThat(uneven.networkPhase().phase()).isEqualTo(Phase.TRUST);
        uneven.attest(VALIDATORS.get(0), TWO);
        assertThat(uneven.networkPhase().phase()).isEqualTo(TWO);
    }

    @Test
    void attestingAgainCountsOnce() {
        for (int i = 0; i < 5; i++) {
            assertThat(network.attest(VALIDATORS.get(0), TWO)).isInstanceOf(Outcome.Applied.class);
        }
        assertThat(network.networkPhase().phase()).isEqualTo(Phase.TRUST);
    }

    @Test
    void phasesAreNotSkipped() {
        for (SigningKey validator : VALIDATORS) {
            assertThat(network.attest(validator, THREE))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo("PHASE_SKIPPED"));
        }
        assertThat(network.networkPhase().phase()).isEqualTo(Phase.TRUST);
    }

    @Test
    void aLateAttestationChangesNothing() {
        VALIDATORS.subList(0, 3).forEach(v -> network.attest(v, TWO));
        VALIDATORS.subList(0, 3).forEach(v -> network.attest(v, THREE));
        NetworkPhase before = network.networkPhase();
        assertThat(network.attest(VALIDATORS.get(3), TWO)).isInstanceOf(Outcome.Applied.class);
        assertThat(network.attest(VALIDATORS.get(3), THREE)).isInstanceOf(Outcome.Applied.class);
        assertThat(network.networkPhase()).isEqualTo(before);
    }

    @Test
    void onlyValidatorsAttest() {
        for (SigningKey sender : new SigningKey[] {FourNodes.OPERATOR, FourNodes.STRANGER}) {
            assertThat(network.attest(sender, TWO))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo("NOT_A_VALIDATOR"));
        }
    }

    @Test
    void malformedPayloadsAreRefused() {
        byte[] good = new Readiness(TWO).encode();
        assertThat(HexFormat.of().formatHex(good)).isEqualTo("83010102");
        byte[][] bad = {
            {},
            Arrays.copyOf(good, 3),
            Arrays.copyOf(good, 5),
            new CborWriter().array(3).uint(2).uint(1).uint(2).toBytes(),
            new CborWriter().array(3).uint(1).uint(2).uint(2).toBytes(),
            new CborWriter().array(3).uint(1).uint(1).uint(1).toBytes(),
            new CborWriter().array(3).uint(1).uint(1).uint(4).toBytes()
        };
        for (byte[] payload : bad) {
            assertThat(network.execute(VALIDATORS.get(0), payload))
                    .as(HexFormat.of().formatHex(payload))
                    .isInstanceOf(Outcome.Refused.class);
        }
        assertThat(network.read(NetworkPhaseModule.readyKey(TWO))).isEmpty();
    }

    @Test
    void whateverIsAttestedThePhaseOnlyRisesByOne() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            FourNodes nodes = new FourNodes(
                    1 + random.nextInt(5), 1 + random.nextInt(5), 1 + random.nextInt(5), 1 + random.nextInt(5));
            int phase = 1;
            for (int i = 0; i < 30; i++) {
                nodes.attest(VALIDATORS.get(random.nextInt(4)), random.nextBoolean() ? TWO : THREE);
                int next = nodes.networkPhase().phase().number();
                assertThat(next).as("seed %d", seed).isBetween(phase, phase + 1);
                phase = next;
            }
        }
    }

    @Test
    void phaseValuesSurviveTheirEncoding() {
        NetworkPhase value = new NetworkPhase(THREE, 1_000, 1_700_000_000_000L);
        assertThat(NetworkPhase.decode(value.encode())).isEqualTo(value);
        assertThatThrownBy(() -> NetworkPhase.decode(new CborWriter()
                        .array(4)
                        .uint(1)
                        .uint(0)
                        .uint(0)
                        .uint(0)
                        .toBytes()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
