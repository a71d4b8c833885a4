package online.hypermesh.trustchain.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.junit.jupiter.api.Test;

class LedgerDnsProviderTests {
    private static final Duration TIMEOUT = Duration.ofMillis(50);

    private final TestNetwork network = new TestNetwork();
    private final String name = "shop." + NameRules.suffix(network.genesis);
    private final NameRecord.Content content =
            new NameRecord.Content(List.of(ServiceAddress.of(new byte[16], 443)), List.of(), 60);
    private final List<byte[]> sent = new ArrayList<>();
    private CompletionStage<Receipt> answer = new CompletableFuture<>();

    private final LedgerDnsProvider provider = new LedgerDnsProvider(
            (asked, timeout) -> {
                throw new TrustchainException(Code.UNREACHABLE, Retry.SAME_CALL, "planted for " + asked);
            },
            (module, payload) -> {
                assertThat(module).isEqualTo(NameRecord.MODULE);
                sent.add(payload);
                return answer;
            });

    @Test
    void eachChangeIsItsInstruction() {
        NodeId other = network.node(1);
        refused(() -> provider.register(name, content, TIMEOUT));
        refused(() -> provider.update(name, content, TIMEOUT));
        refused(() -> provider.transfer(name, other, TIMEOUT));
        refused(() -> provider.release(name, TIMEOUT));
        assertThat(sent)
                .containsExactly(
                        new NameInstruction.Register(name, content).encode(),
                        new NameInstruction.Update(name, content).encode(),
                        new NameInstruction.Transfer(name, other).encode(),
                        new NameInstruction.Release(name).encode());
    }

    private void refused(Runnable change) {
        answer = CompletableFuture.failedStage(new HypermeshException(
                online.hypermesh.api.error.Code.BUSY, Retry.SAME_CALL, "planted: the pool is full"));
        assertThatThrownBy(change::run).isInstanceOfSatisfying(TrustchainException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.REFUSED);
            assertThat(e.retry()).isEqualTo(Retry.SAME_CALL);
            assertThat(e).hasMessageContaining("the pool is full");
        });
    }

    @Test
    void changeThatIsNotFinalInTimeMayStillHappen() {
        assertThatThrownBy(() -> provider.release(name, TIMEOUT))
                .isInstanceOfSatisfying(
                        TrustchainException.class, e -> assertThat(e.code()).isEqualTo(Code.UNREACHABLE))
                .hasMessageContaining("look the name up");
    }

    @Test
    void resolvingIsTheResolvers() {
        assertThatThrownBy(() -> provider.resolve(name, TIMEOUT)).hasMessageContaining("planted for " + name);
    }
}
