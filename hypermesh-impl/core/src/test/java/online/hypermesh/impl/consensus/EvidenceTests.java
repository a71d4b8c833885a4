package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

/** Equivocations on their way from a pair of votes through a block into the state. */
class EvidenceTests {
    private static final long NOW = LoneCore.NOW;

    private final LoneCore lone = new LoneCore();
    private final int culprit = lone.other(0);
    private final int witness = lone.other(1);

    private Equivocation caught(int validator, long view) {
        return EquivocationTests.of(
                lone.vote(validator, VoteKind.NULLIFY, view, Digest.ZERO),
                lone.vote(validator, VoteKind.FINALIZE, view, Samples.digest(3)));
    }

    private static List<Equivocation> reported(List<Action> actions) {
        return actions.stream()
                .flatMap(a -> a instanceof Action.Report r
                        ? java.util.stream.Stream.of(r.equivocation())
                        : java.util.stream.Stream.empty())
                .toList();
    }

    private static Optional<Message.Evidence> shown(List<Action> actions) {
        return actions.stream()
                .flatMap(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.Evidence e
                        ? java.util.stream.Stream.of(e)
                        : java.util.stream.Stream.empty())
                .findFirst();
    }

    private Block with(List<Equivocation> evidence, long view) {
        return lone.honest.assemble(
                lone.honest.finalizedHead().id(),
                0,
                view,
                lone.id(lone.schedule.leader(view)),
                LoneCore.WALL,
                List.of(),
                evidence);
    }

    private Block forced(Block block, List<Equivocation> evidence) {
        BlockHeader h = block.header();
        return new Block(
                new BlockHeader(
                        h.version(),
                        h.network(),
                        h.epoch(),
                        h.view(),
                        h.parentView(),
                        h.height(),
                        h.previous(),
                        h.ancestorsRoot(),
                        h.transactionsRoot(),
                        h.parentStateRoot(),
                        h.parentReceiptsRoot(),
                        Block.evidenceRoot(evidence),
                        h.proofsRoot(),
                        h.validatorsRoot(),
                        h.nextValidatorsRoot(),
                        h.timeMillis(),
                        h.proposer(),
                        h.bodyCommitment(),
                        h.bodyLength(),
                        h.suite()),
                block.transactions(),
                evidence);
    }

    @Test
    void whoeverFindsAContradictionShowsItToTheOthers() {
        lone.receive(NOW, culprit, new Message.Voted(lone.vote(culprit, VoteKind.NULLIFY, 1, Digest.ZERO)));
        List<Action> actions = lone.receive(
                NOW, culprit, new Message.Voted(lone.vote(culprit, VoteKind.FINALIZE, 1, Samples.digest(3))));
        assertThat(reported(actions)).containsExactly(caught(culprit, 1));
        assertThat(shown(actions).orElseThrow().equivocations()).containsExactly(caught(culprit, 1));
        assertThat(lone.core.footprint().evidence()).isEqualTo(1);
    }

    @Test
    void shownEvidenceIsBelievedOnceAndForgedNeverAndItsSenderNotForAWhile() {
        Message.Evidence shown = new Message.Evidence(List.of(caught(culprit, 1)));
        assertThat(reported(lone.receive(NOW, witness, shown))).hasSize(1);
        assertThat(reported(lone.receive(NOW, witness, shown))).isEmpty();
        Equivocation truth = caught(culprit, 2);
        Equivocation forged = new Equivocation(
                witness, truth.first(), truth.firstSignature(), truth.second(), truth.secondSignature());
        assertThat(reported(lone.receive(NOW, culprit, new Message.Evidence(List.of(forged)))))
                .isEmpty();
        assertThat(reported(lone.receive(NOW, culprit, new Message.Evidence(List.of(caught(culprit, 3))))))
                .isEmpty();
    }

    @Test
    void aFloodOfOffencesHoldsABoundedPart() {
        for (long view = 1; view <= 500; view++) {
            lone.receive(NOW, witness, new Message.Evidence(List.of(caught(culprit, view))));
        }
        assertThat(lone.core.footprint().evidence()).isEqualTo(EvidencePool.MAX_PER_VALIDATOR);
    }

    @Test
    void evidenceIsProposedByWhoeverLeadsAndGoneOnceItIsFinal() {
        lone.receive(NOW, witness, new Message.Evidence(List.of(caught(culprit, 1))));
        long view = 1;
        while (lone.schedule.leader(view) != lone.self) {
            view++;
        }
        List<Action> actions = new ArrayList<>();
        for (long v = 1; v < view; v++) {
            actions.addAll(lone.receive(
                    NOW,
                    witness,
                    new Message.Certificates(List.of(lone.certificate(VoteKind.NULLIFY, v, Digest.ZERO)))));
        }
        Block proposed = actions.stream()
                .flatMap(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.Proposal p
                        ? java.util.stream.Stream.of(p.block())
                        : java.util.stream.Stream.empty())
                .findFirst()
                .orElseThrow();
        assertThat(proposed.evidence()).containsExactly(caught(culprit, 1));
        assertThat(lone.honest.check(proposed).accepted()).isTrue();
        lone.receive(
                NOW,
                witness,
                new Message.Certificates(List.of(lone.certificate(VoteKind.FINALIZE, view, proposed.id()))));
        assertThat(lone.tree.finalizedHead().height()).isEqualTo(1);
        assertThat(lone.core.footprint().evidence()).isZero();
        assertThat(reported(lone.receive(NOW, witness, new Message.Evidence(List.of(caught(culprit, 1))))))
                .as("a recorded offence is not news")
                .isEmpty();
    }

    @Test
    void aLightClientSeesThatAValidatorEquivocated() {
        Equivocation e = caught(culprit, 7);
        Block carrier = with(List.of(e), 1);
        lone.honest.add(carrier);
        Block child = lone.block(carrier.id(), 2);
        byte[] key = e.stateKey(lone.id(culprit));
        Optional<byte[]> value =
                lone.honest.state(carrier.id(), Equivocation.STATE_MODULE).get(key);
        CborReader r = new CborReader(value.orElseThrow()).expectArray(2);
        assertThat(r.uint()).isEqualTo(1);
        Equivocation recorded = Equivocation.readFrom(r);
        assertThat(recorded.verify(lone.genesis.networkId(), lone.set).accepted())
                .isTrue();
        StateProof proof = new StateProof(
                Equivocation.STATE_MODULE,
                key,
                value,
                lone.honest.treePath(carrier.id(), Equivocation.STATE_MODULE, key),
                child.header(),
                lone.certificate(VoteKind.FINALIZE, 2, child.id()),
                List.of());
        CertificateLightClient client = new CertificateLightClient(lone.genesis);
        assertThat(client.verify(proof).accepted()).isTrue();
        byte[] summaryKey = lone.id(witness).digest().toBytes();
        StateProof innocence = new StateProof(
                Equivocation.STATE_MODULE,
                summaryKey,
                Optional.empty(),
                lone.honest.treePath(carrier.id(), Equivocation.STATE_MODULE, summaryKey),
                child.header(),
                lone.certificate(VoteKind.FINALIZE, 2, child.id()),
                List.of());
        assertThat(client.verify(innocence).accepted()).isTrue();
    }

    private void assertRefused(Block block, Code code) {
        Verdict verdict = lone.honest.check(block);
        assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
        assertThat(((Verdict.Rejected) verdict).code()).isEqualTo(code);
    }

    @Test
    void blocksWithFalseStaleDisorderlyOrTooMuchEvidenceAreRefused() {
        Equivocation e = caught(culprit, 7);
        Equivocation other = caught(culprit, 8);
        Block good = with(List.of(other, e), 1);
        assertThat(good.evidence()).containsExactly(e, other);
        assertThat(lone.honest.check(good).accepted()).isTrue();
        assertRefused(forced(good, List.of(other, e)), Code.MALFORMED);
        assertRefused(forced(good, List.of(e, e)), Code.MALFORMED);
        assertRefused(new Block(good.header(), good.transactions(), List.of(e)), Code.INVALID_PROOF);
        assertRefused(new Block(good.header(), good.transactions()), Code.INVALID_PROOF);
        assertRefused(
                forced(
                        good,
                        List.of(new Equivocation(
                                witness, e.first(), e.firstSignature(), e.second(), e.secondSignature()))),
                Code.INVALID_SIGNATURE);
        assertRefused(
                forced(
                        good,
                        List.of(new Equivocation(9, e.first(), e.firstSignature(), e.second(), e.secondSignature()))),
                Code.CONFLICT);
        List<Equivocation> many = new ArrayList<>();
        for (long view = 1; view <= Block.MAX_EVIDENCE + 1; view++) {
            many.add(caught(culprit, view));
        }
        assertRefused(forced(good, many), Code.LIMIT_EXCEEDED);
        lone.honest.add(good);
        Block again = lone.honest.assemble(
                good.id(), 0, 2, lone.id(lone.schedule.leader(2)), LoneCore.WALL, List.of(), List.of(e));
        assertThat(again.evidence()).isEmpty();
        assertRefused(forced(again, List.of(e)), Code.CONFLICT);
    }

    @Test
    void oneValidatorCannotMakeTheStateGrowWithoutEnd() {
        Digest parent = lone.honest.finalizedHead().id();
        int recorded = 0;
        for (long view = 1; view <= 5; view++) {
            List<Equivocation> evidence = new ArrayList<>();
            for (long k = 1; k <= 10; k++) {
                evidence.add(caught(culprit, view * 100 + k));
            }
            Block block = lone.honest.assemble(
                    parent, 0, view, lone.id(lone.schedule.leader(view)), LoneCore.WALL, List.of(), evidence);
            assertThat(lone.honest.check(block).accepted()).isTrue();
            lone.honest.add(block);
            recorded += block.evidence().size();
            parent = block.id();
        }
        assertThat(recorded).isEqualTo(16);
    }

    @Test
    void evidenceAgainstThisValidatorItselfStopsItsSigning() {
        lone.receive(NOW, witness, new Message.Evidence(List.of(caught(lone.self, 1))));
        assertThat(lone.core.signingState()).startsWith("stopped");
    }
}
