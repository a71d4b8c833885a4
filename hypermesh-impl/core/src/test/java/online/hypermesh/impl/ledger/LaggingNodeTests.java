package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.ReadLevel;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.impl.consensus.driver.LedgerReader;
import online.hypermesh.impl.consensus.driver.LedgerSession;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;
import org.junit.jupiter.api.Test;

/** A session's node that shows proofs in an order of the test's choice: true ones, and older than what it showed before. */
class LaggingNodeTests {
    private static final Duration WAIT = Duration.ofSeconds(30);

    private final Network4 net = new Network4();
    private final LedgerTree tree = net.tree;
    private final CertificateLightClient light = new CertificateLightClient(
            net.genesis, Duration.ofDays(14), InstantSource.fixed(Instant.ofEpochMilli(1_000_000)));
    private byte[] answer = new byte[0];

    /** Answers every request with what the test put there. */
    private final Messenger messenger = (Messenger) Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Messenger.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "request" -> answer;
                case "receive" -> null;
                default -> throw new IllegalStateException(method.getName());
            });

    private StateProof under(BlockHeader header) {
        return new StateProof(
                "kv",
                utf8("a"),
                tree.state(header.previous(), "kv").get(utf8("a")),
                tree.treePath(header.previous(), "kv", utf8("a")),
                header,
                net.certificate(VoteKind.FINALIZE, header, 0, 1, 2),
                List.of());
    }

    private String read(LedgerReader reader, StateProof proof) {
        answer = new CborWriter(4096).array(2).uint(2).bytes(proof.encode()).toBytes();
        return new String(
                reader.read(ReadLevel.FINALIZED, "kv", utf8("a"), WAIT).orElseThrow(),
                java.nio.charset.StandardCharsets.UTF_8);
    }

    private void assertStale(LedgerReader reader, StateProof proof) {
        assertThat(light.verify(proof)).as("true, and old").isEqualTo(Verdict.ACCEPTED);
        assertThatThrownBy(() -> read(reader, proof)).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.NOT_FOUND);
            assertThat(e.retry()).isEqualTo(Retry.SAME_CALL);
            assertThat(e).hasMessageContaining("has seen").hasMessageContaining("caught up");
        });
    }

    @Test
    void aNodeThatLagsIsNotBelievedAtFinalized() {
        try (LedgerSession session = new LedgerSession(
                net.genesis, key(50), messenger, net.validator(0), LedgerSession.Mode.BUNDLES, 1, 1, light)) {
            LedgerReader reader = new LedgerReader(session);
            net.commit(net.put(50, 1, "a", "1"));
            StateProof first = under(net.commit().header());
            assertThat(read(reader, first)).isEqualTo("1");
            net.commit(net.put(50, 2, "a", "2"));
            StateProof second = under(net.commit().header());
            assertThat(read(reader, second)).isEqualTo("2");
            assertThat(read(reader, second)).as("the same once more").isEqualTo("2");
            assertStale(reader, first);

            // The epoch ends; behind its end stand headers that are final as votes and certify the state at the end.
            BlockHeader head = tree.finalizedHead();
            Block end = tree.assemble(
                    head.id(),
                    0,
                    head.view() + 1,
                    net.validator(0),
                    head.timeMillis() + net.genesis.parameters().epochSeconds() * 1000L,
                    List.of());
            tree.add(end);
            Block behind = end;
            for (int i = 0; i < 6; i++) {
                behind = tree.assemble(behind.id(), 0, behind.header().view() + 1, net.validator(0), 0, List.of());
                tree.add(behind);
            }
            StateProof trailing = under(behind.header());
            tree.finalizeUpTo(end.id());
            assertThat(light.learn(new HandOver(
                            end.header(),
                            net.certificate(VoteKind.FINALIZE, end.header(), 0, 1, 2),
                            List.of(),
                            tree.validators(0).orElseThrow(),
                            tree.validators())))
                    .isEqualTo(Verdict.ACCEPTED);
            assertThat(read(reader, trailing)).isEqualTo("2");

            net.commit(net.put(50, 3, "a", "3"));
            StateProof next = under(net.commit().header());
            assertThat(next.header().height())
                    .as("lower than what was seen of the epoch before")
                    .isLessThan(trailing.header().height());
            assertThat(read(reader, next)).as("and later all the same").isEqualTo("3");
            assertStale(reader, trailing);
        }
    }
}
