package online.hypermesh.bootstrap;

import static online.hypermesh.bootstrap.FourNodes.OPERATOR;
import static online.hypermesh.bootstrap.FourNodes.STRANGER;
import static online.hypermesh.bootstrap.FourNodes.VALIDATORS;
import static online.hypermesh.bootstrap.FourNodes.id;
import static online.hypermesh.bootstrap.FourNodes.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.bootstrap.SignedPhaseCommand.Order;
import online.hypermesh.bootstrap.SignedPhaseCommand.Reason;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

final class SignedPhaseCommandTests {
    private static final long NOW = 1_000_000;
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final NodeId NODE = id(VALIDATORS.get(0));
    private static final PhaseRecord IN_THREE = new PhaseRecord(NETWORK, NODE, Phase.FULL_FEDERATION, 4, 0);
    private static final Order GOOD = order(NETWORK, NODE, Phase.FULL_FEDERATION, 5, NOW + 1000);

    @Test
    void aGoodCommandIsObeyed() {
        assertThat(refusal(GOOD, OPERATOR)).isEmpty();
    }

    @Test
    void eachFlawIsNamed() {
        assertThat(refusal(order(new NetworkId(Digest.ZERO), NODE, Phase.FULL_FEDERATION, 5, NOW + 1), OPERATOR))
                .contains(Reason.WRONG_NETWORK);
        assertThat(refusal(order(NETWORK, id(VALIDATORS.get(1)), Phase.FULL_FEDERATION, 5, NOW + 1), OPERATOR))
                .contains(Reason.WRONG_NODE);
        assertThat(refusal(GOOD, STRANGER)).contains(Reason.NOT_AN_OPERATOR);
        assertThat(refusal(GOOD, VALIDATORS.get(0))).contains(Reason.NOT_AN_OPERATOR);
        assertThat(refusal(order(NETWORK, NODE, Phase.FULL_FEDERATION, 4, NOW + 1), OPERATOR))
                .contains(Reason.REPLAYED);
        assertThat(refusal(order(NETWORK, NODE, Phase.FULL_FEDERATION, 5, NOW), OPERATOR))
                .contains(Reason.EXPIRED);
        assertThat(refusal(order(NETWORK, NODE, Phase.FULL_FEDERATION, 5, NOW + 86_400_001), OPERATOR))
                .contains(Reason.TOO_LONG);
        assertThat(refusal(order(NETWORK, NODE, Phase.PARTIAL_FEDERATION, 5, NOW + 1), OPERATOR))
                .contains(Reason.WRONG_PHASE);
    }

    @Test
    void aNodeWithALedgerIsNotLoweredToPhase0AndIsToldWhatToDoInstead() {
        Order toZero = new Order(NETWORK, NODE, Phase.FULL_FEDERATION, Phase.TRADITIONAL, 5, NOW + 1000);
        assertThat(SignedPhaseCommand.sign(toZero, OPERATOR).refusal(IN_THREE, List.of(OPERATOR.verifyKey()), NOW))
                .hasValueSatisfying(r -> {
                    assertThat(r.reason()).isEqualTo(Reason.PHASE_0);
                    assertThat(r.detail()).contains("Lower it to Phase 1", "stop the node");
                });
    }

    @Test
    void aSignatureCoversEveryField() {
        SignedPhaseCommand signed = SignedPhaseCommand.sign(GOOD, OPERATOR);
        List<Order> altered = List.of(
                new Order(NETWORK, NODE, Phase.FULL_FEDERATION, Phase.TRADITIONAL, 5, NOW + 1000),
                order(NETWORK, NODE, Phase.FULL_FEDERATION, 6, NOW + 1000),
                order(NETWORK, NODE, Phase.FULL_FEDERATION, 5, NOW + 1001));
        for (Order order : altered) {
            assertThat(new SignedPhaseCommand(order, OPERATOR.verifyKey(), signed.signature())
                            .refusal(IN_THREE, List.of(OPERATOR.verifyKey()), NOW)
                            .orElseThrow()
                            .reason())
                    .isEqualTo(Reason.INVALID_SIGNATURE);
        }
        PhaseRecord elsewhere = new PhaseRecord(NETWORK, id(key(9)), Phase.FULL_FEDERATION, 4, 0);
        Order redirected = order(NETWORK, id(key(9)), Phase.FULL_FEDERATION, 5, NOW + 1000);
        assertThat(new SignedPhaseCommand(redirected, OPERATOR.verifyKey(), signed.signature())
                        .refusal(elsewhere, List.of(OPERATOR.verifyKey()), NOW)
                        .orElseThrow()
                        .reason())
                .isEqualTo(Reason.INVALID_SIGNATURE);
    }

    @Test
    void commandsThatDoNotLowerCannotBeMade() {
        assertThatThrownBy(() -> new Order(NETWORK, NODE, Phase.TRUST, Phase.TRUST, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rise by themselves");
        assertThatThrownBy(() -> new Order(NETWORK, NODE, Phase.TRUST, Phase.FULL_FEDERATION, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void bytesAreCanonicalAndEveryCutIsRefused() {
        SignedPhaseCommand command = SignedPhaseCommand.sign(GOOD, OPERATOR);
        byte[] bytes = command.encode();
        assertThat(bytes.length).isLessThanOrEqualTo(SignedPhaseCommand.MAX_BYTES);
        assertThat(SignedPhaseCommand.decode(bytes)).isEqualTo(command);
        assertThat(SignedPhaseCommand.decode(bytes).encode()).isEqualTo(bytes);
        for (int cut = 0; cut < bytes.length; cut++) {
            byte[] shorter = Arrays.copyOf(bytes, cut);
            assertThatThrownBy(() -> SignedPhaseCommand.decode(shorter)).isInstanceOf(CborException.class);
        }
        assertThatThrownBy(() -> SignedPhaseCommand.decode(Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(CborException.class);
        assertThatThrownBy(() -> SignedPhaseCommand.decode(new byte[SignedPhaseCommand.MAX_BYTES + 1]))
                .isInstanceOf(CborException.class)
                .hasMessageContaining("limit 256");
    }

    @Test
    void anAllZeroSignatureDoesNotHold() {
        assertThat(new SignedPhaseCommand(GOOD, OPERATOR.verifyKey(), Signature.of(new byte[64]))
                        .refusal(IN_THREE, List.of(OPERATOR.verifyKey()), NOW)
                        .orElseThrow()
                        .reason())
                .isEqualTo(Reason.INVALID_SIGNATURE);
    }

    @Test
    void recordsSurviveTheirEncoding() {
        assertThat(PhaseRecord.decode(IN_THREE.encode())).isEqualTo(IN_THREE);
        PhaseRecord widest = new PhaseRecord(NETWORK, NODE, Phase.TRUST, Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(widest.encode().length).isLessThanOrEqualTo(PhaseRecord.MAX_BYTES);
        assertThat(PhaseRecord.decode(widest.encode())).isEqualTo(widest);
        byte[] bytes = IN_THREE.encode();
        for (int cut = 0; cut < bytes.length; cut++) {
            byte[] shorter = Arrays.copyOf(bytes, cut);
            assertThatThrownBy(() -> PhaseRecord.decode(shorter)).isInstanceOf(CborException.class);
        }
    }

    private static Order order(NetworkId network, NodeId node, Phase from, long sequence, long expiresAtMillis) {
        return new Order(network, node, from, Phase.TRUST, sequence, expiresAtMillis);
    }

    private static Optional<Reason> refusal(Order order, SigningKey signer) {
        return SignedPhaseCommand.sign(order, signer)
                .refusal(IN_THREE, List.of(OPERATOR.verifyKey()), NOW)
                .map(SignedPhaseCommand.Refusal::reason);
    }
}
