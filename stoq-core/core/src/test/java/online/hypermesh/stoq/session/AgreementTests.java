package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import org.junit.jupiter.api.Test;

class AgreementTests {
    private static Terms terms(Protection protection) {
        return new Terms(protection, PostQuantum.PREFERRED, Terms.NO_KEY, false, true);
    }

    @Test
    void aPeerOnTheNetworkCannotClaimToBeInThisProcess() {
        for (Protection network : new Protection[] {Protection.CLASSICAL, Protection.HYBRID}) {
            assertThatThrownBy(() -> Agreement.of(terms(network), terms(Protection.IN_PROCESS)))
                    .isInstanceOfSatisfying(
                            StoqException.class,
                            e -> assertThat(e.code()).isEqualTo(StoqException.Code.HANDSHAKE_FAILED));
        }
        assertThat(Agreement.of(terms(Protection.IN_PROCESS), terms(Protection.IN_PROCESS)))
                .isEqualTo(new Agreement(Protection.IN_PROCESS, false, true));
        assertThat(Agreement.of(terms(Protection.HYBRID), terms(Protection.CLASSICAL)))
                .isEqualTo(new Agreement(Protection.HYBRID, true, false));
    }
}
