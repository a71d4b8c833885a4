package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.operation.Contradiction;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByzantineWatchTests {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_800_000_000_000L), ZoneOffset.UTC);

    @TempDir
    Path dir;

    private final List<NodeKeys> keys = List.of(
            NodeKeys.generate(new SecureRandom()),
            NodeKeys.generate(new SecureRandom()),
            NodeKeys.generate(new SecureRandom()));
    private final Genesis genesis = new Genesis(
            "net",
            1,
            List.of(
                    keys.get(0).toValidator("n1", 1),
                    keys.get(1).toValidator("n2", 1),
                    keys.get(2).toValidator("n3", 1)),
            List.of(),
            Parameters.DEFAULT);

    private ByzantineWatch watch() {
        return new ByzantineWatch(
                genesis, EvidenceFile.open(dir.resolve("evidence.cbor"), genesis), Runnable::run, CLOCK);
    }

    private static Digest block(int n) {
        return Digest.sha256(new byte[] {(byte) n});
    }

    /** Two statements of a validator, signed with its key or another one's. */
    private Equivocation signed(int validator, int signer, VoteStatement a, VoteStatement b, NetworkId network) {
        return Equivocation.of(
                validator,
                a,
                keys.get(signer).voting().sign(VoteStatement.TAG, network, a.encode()),
                b,
                keys.get(signer).voting().sign(VoteStatement.TAG, network, b.encode()));
    }

    private Equivocation equivocation(int validator) {
        return signed(validator, validator, notarize(1), notarize(2), genesis.networkId());
    }

    private static VoteStatement notarize(int block) {
        return new VoteStatement(VoteKind.NOTARIZE, 0, 7, block(block));
    }

    @Test
    void whatIsDoneAboutAContradictionFollowsThePhase() {
        ByzantineWatch watch = watch();
        watch.caught(equivocation(1));
        for (Phase phase : Phase.values()) {
            watch.enter(phase);
            boolean acts = phase.number() >= 2;
            assertThat(watch.marked()).as("shown in %s", phase).hasSize(acts ? 1 : 0);
            assertThat(watch.isMarked(keys.get(1).id()))
                    .as("marked in %s", phase)
                    .isEqualTo(acts);
            assertThat(watch.refusal(keys.get(1).id()).isPresent())
                    .as("refused in %s", phase)
                    .isEqualTo(phase == Phase.FULL_FEDERATION);
            assertThat(watch.isMarked(keys.get(0).id())).isFalse();
            assertThat(watch.refusal(keys.get(0).id())).as("nobody else").isEmpty();
        }
        HypermeshException refusal = watch.refusal(keys.get(1).id()).orElseThrow();
        assertThat(refusal.code()).isEqualTo(Code.DENIED);
        assertThat(refusal).hasMessageContaining("view 7").hasMessageContaining("hypermesh policy enroll");
        assertThat(watch.marked().get(0).holds(genesis)).isTrue();
    }

    @Test
    void evidenceOutlivesTheProcessAndIsKeptOncePerValidator() {
        ByzantineWatch first = watch();
        first.caught(equivocation(1));
        first.caught(equivocation(1));
        first.caught(signed(
                2,
                2,
                new VoteStatement(VoteKind.NULLIFY, 0, 9, Digest.ZERO),
                new VoteStatement(VoteKind.FINALIZE, 0, 9, block(1)),
                genesis.networkId()));
        ByzantineWatch next = watch();
        next.enter(Phase.FULL_FEDERATION);
        assertThat(next.marked())
                .extracting(Contradiction::validator)
                .containsExactly(keys.get(1).id(), keys.get(2).id());
        assertThat(next.refusal(keys.get(2).id())).isPresent();
    }

    @Test
    void aLostEvidenceFileIsRestoredFromTheFinalizedChain() {
        byte[] recorded = new CborWriter(32).array(3).uint(2).uint(40).uint(70).toBytes();
        ByzantineWatch watch = watch();
        watch.enter(Phase.FULL_FEDERATION);

        watch.restore(
                (module, key) -> module.equals(Equivocation.STATE_MODULE)
                                && Arrays.equals(key, keys.get(1).id().digest().toBytes())
                        ? Optional.of(recorded)
                        : Optional.empty(),
                height -> height == 40 ? List.of(equivocation(2), equivocation(1)) : List.of());

        assertThat(watch.marked())
                .extracting(Contradiction::validator)
                .containsExactly(keys.get(1).id());
    }

    @Test
    void nothingCountsThatTheValidatorDidNotSignItselfForThisNetwork() {
        ByzantineWatch watch = watch();
        watch.enter(Phase.FULL_FEDERATION);
        watch.caught(signed(1, 2, notarize(1), notarize(2), genesis.networkId()));
        watch.caught(signed(1, 1, notarize(1), notarize(2), new NetworkId(Digest.sha256(new byte[] {9}))));
        assertThat(watch.marked()).isEmpty();
        assertThat(watch.refusal(keys.get(1).id())).isEmpty();
    }

    @Test
    void aDamagedEvidenceFileStopsTheStartWithTheNextStep() throws Exception {
        watch().caught(equivocation(1));
        Path file = dir.resolve("evidence.cbor");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 5] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(this::watch)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CORRUPTED))
                .hasMessageContaining("evidence.cbor")
                .hasMessageContaining("Move it away and start the node again");
    }

    @Test
    void whoIsCutOffStillReachesConsensusAndNothingElse() {
        ServedMessenger served = new ServedMessenger(keys.get(0).id());
        HypermeshException why =
                new HypermeshException(Code.DENIED, online.hypermesh.stoq.base.error.Retry.NEVER, "cut off");
        GuardedMessenger guarded = new GuardedMessenger(
                served,
                peer -> peer.equals(keys.get(1).id()) ? Optional.of(why) : Optional.empty(),
                new Recognition(new java.util.Random(1)));
        RequestHandler answer = (peer, body) -> new byte[] {1};
        List<Integer> all = List.of(ConsensusNode.MESSAGE_SERVICE, ConsensusNode.CATCH_UP_SERVICE, 10, 20, 30, 31);
        all.forEach(service -> guarded.serve(service, 10, true, answer));
        guarded.receive(40, 10, true, answer);
        for (int service : new int[] {10, 20, 30, 31, 40}) {
            assertThatThrownBy(() -> served.ask(service, keys.get(1))).isSameAs(why);
        }
        for (int service : new int[] {ConsensusNode.MESSAGE_SERVICE, ConsensusNode.CATCH_UP_SERVICE}) {
            assertThat(served.ask(service, keys.get(1))).containsExactly(1);
        }
        for (int service : new int[] {10, 20, 30, 31, 40}) {
            assertThat(served.ask(service, keys.get(2))).as("others").containsExactly(1);
        }
    }
}
