package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.proof.ConsensusProof;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.ProofVerifier;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class BundleVerifierTests {
    private final ProofNetwork net = new ProofNetwork();
    private final ProvingNode node = new ProvingNode(net);
    private final Set<Digest> accepted = new HashSet<>();
    private int finalityChecks;

    private final BundleVerifier verifier = new BundleVerifier(
            anchor -> {
                finalityChecks++;
                return new CertificateLightClient(net.genesis).verify(anchor);
            },
            List.of(new PackAudit()));

    private ProofVerifier.Expectation expected() {
        return new ProofVerifier.Expectation(
                net.genesis.networkId(), "notes", Digest.ZERO, node.id, node.requirement, node.sources());
    }

    private ProofVerifier.Circumstances at(long heightsLater, long millisLater) {
        return new ProofVerifier.Circumstances(
                node.anchor.header().height() + heightsLater,
                node.anchor.header().timeMillis() + millisLater,
                accepted::contains,
                id -> net.genesis.validator(id).isPresent());
    }

    private ProofVerdict verify(byte[] bundle) {
        return verifier.verify(bundle, expected(), at(1, 10));
    }

    private void assertRefused(ProofBundle bundle, RejectReason reason) {
        assertRefused(verify(bundle.encode()), reason);
    }

    private static void assertRefused(ProofVerdict verdict, RejectReason reason) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        ProofVerdict.Rejected.class,
                        r -> assertThat(r.reason()).as(r.detail()).isEqualTo(reason));
    }

    private ProofBundle with(ConsensusProof... replaced) {
        List<ConsensusProof> proofs = new ArrayList<>(node.proofs());
        for (ConsensusProof proof : replaced) {
            proofs.replaceAll(p -> p.type() == proof.type() ? proof : p);
        }
        return ProofBundle.sign(node.context, node.anchor, proofs, node.key);
    }

    private void assertWithout(ProofRequirement asked, RejectReason reason) {
        ProofBundle bundle = node.bundle();
        node.requirement = asked;
        assertRefused(bundle, reason);
    }

    private ProofRequirement.Builder all() {
        return ProofRequirement.builder()
                .stake(100, 1000)
                .randomOutput()
                .space(4 * ProvingNode.SECTOR, 16, 8, 60_000)
                .puzzle(6)
                .work(400, 8, 2)
                .time(10_000, 3);
    }

    @Test
    void acceptsAllFourProofsAndSaysWhatTheyShow() {
        byte[] bytes = node.bundle().encode();
        assertThat(bytes.length).isLessThanOrEqualTo(ProofBundle.MAX_BYTES);
        assertThat(ProofBundle.decode(bytes).encode()).isEqualTo(bytes);
        assertThat(verify(bytes)).isInstanceOfSatisfying(ProofVerdict.Accepted.class, a -> {
            assertThat(a.findings().stake()).isEqualTo(100);
            assertThat(a.findings().spaceBytes()).isEqualTo(4 * ProvingNode.SECTOR);
            assertThat(a.findings().workCost()).isEqualTo(new PackAudit().cost(20_000));
            assertThat(a.findings().attesters()).isEqualTo(2);
            assertThat(a.findings().timeSources()).isEqualTo(3);
            assertThat(a.findings().randomOutput()).isPresent();
            assertThat(a.toVerdict()).isEqualTo(Verdict.ACCEPTED);
        });
    }

    @Test
    void remembersWhatHeldButNotTheCircumstances() {
        byte[] bytes = node.bundle().encode();
        ProofVerdict first = verify(bytes);
        assertThat(verify(bytes)).isEqualTo(first);
        assertThat(finalityChecks).isEqualTo(1);
        assertRefused(verifier.verify(bytes, expected(), at(51, 10)), RejectReason.EXPIRED);
        node.requirement = all().space(4 * ProvingNode.SECTOR, 16, 7, 60_000).build();
        assertThat(verify(bytes).accepted()).isTrue();
        assertThat(finalityChecks).as("other leaves might have been asked for").isEqualTo(2);
    }

    @Test
    void refusesWhatIsForSomethingElse() {
        byte[] bytes = node.bundle().encode();
        ProofVerifier.Expectation e = expected();
        NetworkId network = new NetworkId(Digest.ZERO);
        assertRefused(
                verifier.verify(
                        bytes,
                        new ProofVerifier.Expectation(
                                network, "notes", Digest.ZERO, node.id, node.requirement, e.timeSources()),
                        at(1, 10)),
                RejectReason.WRONG_NETWORK);
        assertRefused(
                verifier.verify(
                        bytes,
                        new ProofVerifier.Expectation(
                                e.network(), "assets", Digest.ZERO, node.id, node.requirement, e.timeSources()),
                        at(1, 10)),
                RejectReason.WRONG_OPERATION_TYPE);
        assertRefused(
                verifier.verify(
                        bytes,
                        new ProofVerifier.Expectation(
                                e.network(), "notes", Digest.sha256(bytes), node.id, node.requirement, e.timeSources()),
                        at(1, 10)),
                RejectReason.WRONG_OPERATION);
        NodeId other = NodeId.of(ProofNetwork.key(11).verifyKey());
        assertRefused(
                verifier.verify(
                        bytes,
                        new ProofVerifier.Expectation(
                                e.network(), "notes", Digest.ZERO, other, node.requirement, e.timeSources()),
                        at(1, 10)),
                RejectReason.WRONG_SUBJECT);
    }

    @Test
    void refusesWhatIsExpiredTooOldTooEarlyOrReplayed() {
        byte[] bytes = node.bundle().encode();
        assertRefused(verifier.verify(bytes, expected(), at(51, 10)), RejectReason.EXPIRED);
        assertRefused(verifier.verify(bytes, expected(), at(0, 10)), RejectReason.BEACON_AGE);
        node.requirement = all().maxAge(2).build();
        assertRefused(verifier.verify(bytes, expected(), at(3, 10)), RejectReason.BEACON_AGE);
        node.requirement = all().build();
        accepted.add(node.context.id());
        assertRefused(verify(bytes), RejectReason.REPLAYED);
        accepted.clear();
        ProofContext c = node.context;
        node.context = new ProofContext(
                c.network(),
                c.epoch(),
                c.operationType(),
                c.operation(),
                c.subject(),
                c.beacon(),
                node.anchor.header().height() + 257,
                c.nonce());
        assertRefused(node.bundle(), RejectReason.EXPIRY_TOO_FAR);
    }

    @Test
    void refusesAnAnchorThatIsNotTheBeaconNotTheSubjectsOrNotFinal() {
        ProofContext c = node.context;
        node.context = new ProofContext(
                c.network(),
                c.epoch() + 1,
                "notes",
                c.operation(),
                c.subject(),
                c.beacon(),
                c.expiryHeight(),
                c.nonce());
        assertRefused(node.bundle(), RejectReason.BEACON_MISMATCH);
        node.context = new ProofContext(
                c.network(), c.epoch(), "notes", c.operation(), c.subject(), Digest.ZERO, c.expiryHeight(), c.nonce());
        assertRefused(node.bundle(), RejectReason.BEACON_MISMATCH);
        node.context = c;
        StateProof good = node.anchor;
        node.anchor = net.anchor(NodeId.of(ProofNetwork.key(11).verifyKey()));
        assertRefused(node.bundle(), RejectReason.ANCHOR_MISMATCH);
        node.anchor = new StateProof(
                good.module(),
                good.key(),
                Optional.of(new byte[3]),
                good.treePath(),
                good.header(),
                good.certificate(),
                good.links());
        assertRefused(node.bundle(), RejectReason.ANCHOR_MISMATCH);
        node.anchor = new StateProof(
                good.module(),
                good.key(),
                good.value(),
                good.treePath(),
                good.header(),
                new Certificate(
                        good.certificate().statement(),
                        good.certificate().votes().subList(0, 2)),
                good.links());
        assertRefused(node.bundle(), RejectReason.ANCHOR_NOT_FINAL);
        // more stake than the state holds
        Participant rich =
                new Participant(1000, 5000, Optional.of(ProofNetwork.key(20).verifyKey()), Optional.empty(), List.of());
        node.requirement = ProofRequirement.builder().stake(1000, 0).build();
        node.anchor = new StateProof(
                good.module(),
                good.key(),
                Optional.of(rich.encode()),
                good.treePath(),
                good.header(),
                good.certificate(),
                good.links());
        assertRefused(node.bundle(), RejectReason.ANCHOR_NOT_FINAL);
    }

    @Test
    void refusesProofsThatAreMissingOrNotAskedFor() {
        ProofBundle whole = node.bundle();
        for (ConsensusProof left : whole.proofs()) {
            List<ConsensusProof> rest =
                    whole.proofs().stream().filter(p -> p != left).toList();
            assertRefused(ProofBundle.sign(node.context, node.anchor, rest, node.key), RejectReason.PROOF_MISSING);
        }
        WorkProof work = node.work();
        assertRefused(with(new WorkProof(work.puzzle(), Optional.empty())), RejectReason.PROOF_MISSING);
        assertRefused(with(new WorkProof(OptionalLong.empty(), work.receipt())), RejectReason.PROOF_MISSING);
        assertRefused(with(new StakeProof(node.stake().possession(), Optional.empty())), RejectReason.PROOF_MISSING);
        node.requirement = ProofRequirement.NOTHING_MORE;
        assertThat(verify(node.bundle().encode()).accepted()).isTrue();
        for (ConsensusProof proof : whole.proofs()) {
            assertRefused(
                    ProofBundle.sign(node.context, node.anchor, List.of(proof), node.key), RejectReason.PROOF_UNASKED);
        }
    }

    @Test
    void refusesTooLittleStakeOrWithoutItsKey() {
        assertWithout(all().stake(101, 1000).build(), RejectReason.STAKE_TOO_SMALL);
        node.requirement = all().build();
        node.stakeKey = ProofNetwork.key(21);
        assertRefused(node.bundle(), RejectReason.STAKE_POSSESSION);
    }

    @Test
    void refusesAnotherRandomOutput() {
        StakeProof honest = node.stake();
        byte[] wrong = honest.vrf().orElseThrow();
        wrong[60] ^= 1;
        assertRefused(with(new StakeProof(honest.possession(), Optional.of(wrong))), RejectReason.VRF_WRONG);
        EcVrf own = EcVrf.of(Digest.sha256(new byte[] {98}).toBytes());
        byte[] chosen = own.prove(node.context.ambientChallenge(StakeProof.VRF_LABEL, 32));
        assertRefused(with(new StakeProof(honest.possession(), Optional.of(chosen))), RejectReason.VRF_WRONG);
    }

    @Test
    void refusesTooLittleSpaceOrWrongLeavesOrTooLate() {
        assertWithout(all().space(5 * ProvingNode.SECTOR, 16, 8, 60_000).build(), RejectReason.SPACE_TOO_SMALL);
        node.requirement = all().build();
        assertWithout(all().space(1, 17, 8, 60_000).build(), RejectReason.SPACE_LEAF_COUNT);
        node.requirement = all().build();
        byte[] bytes = node.bundle().encode();
        assertRefused(verifier.verify(bytes, expected(), at(9, 10)), RejectReason.SPACE_TOO_LATE);
        assertRefused(verifier.verify(bytes, expected(), at(2, 60_001)), RejectReason.SPACE_TOO_LATE);
        assertRefused(with(new SpaceProof(1, node.space().openings())), RejectReason.SPACE_NOT_REGISTERED);
        node.sectors.replaceAll(sector -> new byte[sector.length]);
        assertRefused(node.bundle(), RejectReason.SPACE_LEAF_WRONG);
    }

    /** Nonce and operation are the subject's to choose; if the leaves followed from them, it could look for easy ones. */
    @Test
    void theLeavesAskedForDoNotDependOnWhatTheSubjectChooses() {
        ProofContext c = node.context;
        ProofContext other = new ProofContext(
                c.network(), c.epoch(), "names", Digest.sha256(c.nonce()), c.subject(), c.beacon(), 7, new byte[] {
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
                });
        assertThat(SpaceChallenge.leaves(other, node.commitment(), 16))
                .isEqualTo(SpaceChallenge.leaves(c, node.commitment(), 16));
        assertThat(other.ambientChallenge(StakeProof.VRF_LABEL, 32))
                .isEqualTo(c.ambientChallenge(StakeProof.VRF_LABEL, 32));
        assertThat(WorkRun.seed(other)).isNotEqualTo(WorkRun.seed(c));
    }

    @Test
    void refusesAnUnsolvedPuzzle() {
        WorkProof work = node.work();
        long wrong = 0;
        while (Puzzle.isSolved(node.context, 6, wrong)) {
            wrong++;
        }
        assertRefused(with(new WorkProof(OptionalLong.of(wrong), work.receipt())), RejectReason.PUZZLE_UNSOLVED);
    }

    @Test
    void refusesReceiptsThatDoNotFit() {
        WorkProof work = node.work();
        WorkReceipt receipt = work.receipt().orElseThrow();
        WorkReceipt.Statement s = receipt.statement();
        assertWithout(all().work(10_000, 8, 2).build(), RejectReason.WORK_TOO_LITTLE);
        assertWithout(all().work(400, 8, 3).build(), RejectReason.WORK_ATTESTATIONS);
        node.requirement = all().build();
        assertRefused(
                receipt(
                        work,
                        new WorkReceipt.Statement(
                                Digest.ZERO,
                                s.seed(),
                                s.inputRoot(),
                                s.inputBytes(),
                                s.output(),
                                s.cost(),
                                s.traceRoot())),
                RejectReason.WORK_PROGRAM_UNKNOWN);
        assertRefused(
                receipt(
                        work,
                        new WorkReceipt.Statement(
                                s.program(),
                                Digest.ZERO,
                                s.inputRoot(),
                                s.inputBytes(),
                                s.output(),
                                s.cost(),
                                s.traceRoot())),
                RejectReason.WORK_SEED_MISMATCH);
        assertRefused(
                receipt(
                        work,
                        new WorkReceipt.Statement(
                                s.program(),
                                s.seed(),
                                s.inputRoot(),
                                s.inputBytes(),
                                s.output(),
                                s.cost() + 1,
                                s.traceRoot())),
                RejectReason.WORK_COST_WRONG);
        List<WorkReceipt.StepOpening> fewer =
                receipt.openings().subList(1, receipt.openings().size());
        assertRefused(
                with(new WorkProof(work.puzzle(), Optional.of(new WorkReceipt(s, receipt.attestations(), fewer)))),
                RejectReason.WORK_STEP_COUNT);
        List<WorkReceipt.Attestation> twice = List.of(
                receipt.attestations().get(0),
                receipt.attestations().get(1),
                receipt.attestations().get(1));
        assertRefused(
                with(new WorkProof(work.puzzle(), Optional.of(new WorkReceipt(s, twice, receipt.openings())))),
                RejectReason.WORK_ATTESTATIONS);
        node.executors = List.of(node.key, ProofNetwork.key(11), ProofNetwork.key(77));
        assertRefused(node.bundle(), RejectReason.WORK_ATTESTATIONS);
        List<WorkReceipt.Attestation> forged = new ArrayList<>(receipt.attestations());
        forged.set(
                2,
                new WorkReceipt.Attestation(forged.get(2).key(), forged.get(1).signature()));
        assertRefused(
                with(new WorkProof(work.puzzle(), Optional.of(new WorkReceipt(s, forged, receipt.openings())))),
                RejectReason.WORK_SIGNATURE);
    }

    private ProofBundle receipt(WorkProof work, WorkReceipt.Statement statement) {
        WorkReceipt old = work.receipt().orElseThrow();
        return with(new WorkProof(
                work.puzzle(), Optional.of(new WorkReceipt(statement, old.attestations(), old.openings()))));
    }

    @Test
    void refusesTimesThatDoNotFit() {
        byte[] bytes = node.bundle().encode();
        assertRefused(verifier.verify(bytes, expected(), at(1, 10_001)), RejectReason.TIME_CLAIM);
        node.claimedMillis = node.anchor.header().timeMillis() - 1;
        assertRefused(node.bundle(), RejectReason.TIME_CLAIM);
        node.claimedMillis = Long.MAX_VALUE;
        assertRefused(node.bundle(), RejectReason.TIME_CLAIM);
        node.claimedMillis = node.anchor.header().timeMillis();
        TimeProof honest = (TimeProof) node.time();
        assertRefused(
                with(new TimeProof(honest.claimedMillis(), honest.samples().subList(0, 2))), RejectReason.TIME_SOURCES);
        List<TimeProof.Sample> swapped = List.of(
                honest.samples().get(1),
                honest.samples().get(0),
                honest.samples().get(2));
        assertRefused(with(new TimeProof(honest.claimedMillis(), swapped)), RejectReason.TIME_SAMPLE_WRONG);
        node.servers.get(2).midpoint += 60;
        assertRefused(node.bundle(), RejectReason.TIME_DISAGREEMENT);
        // each within tolerance of the claim, but the second answered before the first
        node.servers.get(2).midpoint -= 60;
        node.servers.get(0).midpoint += 8;
        node.servers.get(1).midpoint -= 1;
        assertRefused(node.bundle(), RejectReason.TIME_DISAGREEMENT);
    }

    @Test
    void nothingCanBeTakenOutOfABundleAndPutElsewhere() {
        ProofBundle one = node.bundle();
        node.refresh("notes", Digest.ZERO);
        ProofContext c = node.context;
        node.context = new ProofContext(
                c.network(),
                c.epoch(),
                "notes",
                c.operation(),
                c.subject(),
                c.beacon(),
                c.expiryHeight() - 1,
                c.nonce());
        ProofBundle other = node.bundle();
        for (int i = 0; i < 4; i++) {
            List<ConsensusProof> mixed = new ArrayList<>(one.proofs());
            mixed.set(i, other.proofs().get(i));
            ProofBundle swapped = new ProofBundle(one.context(), one.anchor(), mixed, one.signature());
            if (!Arrays.equals(swapped.encode(), one.encode())) {
                assertThat(verify(swapped.encode()).accepted()).as("proof " + i).isFalse();
            }
        }
        assertRefused(
                new ProofBundle(one.context(), one.anchor(), one.proofs(), other.signature()),
                RejectReason.BUNDLE_SIGNATURE);
    }

    @Test
    void flippedCutAndStretchedBundlesAreAllRefused() {
        byte[] bytes = node.bundle().encode();
        Random random = new Random(20261122);
        Set<RejectReason> seen = EnumSet.noneOf(RejectReason.class);
        for (int i = 0; i < Integer.getInteger("hypermesh.proof.mutations", 600); i++) {
            byte[] mutated = mutate(bytes, random);
            ProofVerdict verdict = verify(mutated);
            assertThat(verdict.accepted()).as("mutation " + i).isFalse();
            seen.add(((ProofVerdict.Rejected) verdict).reason());
        }
        assertThat(seen).contains(RejectReason.MALFORMED, RejectReason.BUNDLE_SIGNATURE);
        assertRefused(verify(new byte[ProofBundle.MAX_BYTES + 1]), RejectReason.TOO_LARGE);
        assertRefused(verify(new byte[0]), RejectReason.MALFORMED);
        assertThat(verify(new byte[0]).toVerdict())
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.code()).isEqualTo(Code.MALFORMED));
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        byte[] copy = bytes.clone();
        int at = random.nextInt(copy.length);
        switch (random.nextInt(5)) {
            case 0, 1 -> copy[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> copy = Arrays.copyOf(copy, at);
            case 3 -> copy = Arrays.copyOf(copy, copy.length + 1 + random.nextInt(9));
            default -> {
                int from = random.nextInt(copy.length - 64);
                byte[] before = copy.clone();
                System.arraycopy(copy, from, copy, Math.min(at, copy.length - 64), 64);
                if (Arrays.equals(before, copy)) {
                    copy[0] ^= 1;
                }
            }
        }
        return copy;
    }

    @Test
    void anUnsignedBundleIsWorthNothing() {
        ProofBundle bundle = node.bundle();
        assertRefused(
                new ProofBundle(bundle.context(), bundle.anchor(), bundle.proofs(), Signature.of(new byte[64])),
                RejectReason.BUNDLE_SIGNATURE);
    }

    @Test
    void nullifiersLastUntilExpiryAndStayBounded() {
        Nullifiers nullifiers = new Nullifiers(2);
        ProofContext c = node.context;
        nullifiers.advance(c.expiryHeight() - 5);
        assertThat(nullifiers.accept(c)).isTrue();
        assertThat(nullifiers.accept(c)).isFalse();
        assertThat(nullifiers.contains(c.id())).isTrue();
        nullifiers.advance(c.expiryHeight());
        assertThat(nullifiers.contains(c.id())).isTrue();
        nullifiers.advance(c.expiryHeight() + 1);
        assertThat(nullifiers.size()).isZero();
        assertThat(nullifiers.accept(c)).as("expired").isFalse();
        nullifiers.advance(3);
        assertThat(nullifiers.accept(c)).as("time does not go back").isFalse();
        Nullifiers early = new Nullifiers(2);
        ProofContext far = new ProofContext(
                c.network(), c.epoch(), "notes", c.operation(), c.subject(), c.beacon(), 257, c.nonce());
        assertThat(early.accept(far)).as("beyond the window").isFalse();
        early.advance(1);
        assertThat(early.accept(far)).isTrue();
    }
}
