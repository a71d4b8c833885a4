package online.hypermesh.impl.proof;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofFindings;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.ProofVerdict.Rejected;
import online.hypermesh.api.proof.ProofVerifier;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.api.proof.WorkProgram;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;

/**
 * Checks bundles from the cheapest check to the dearest. What depends on height, time and replays is checked every time; the
 * signatures, leaves and steps of a bundle that held before are not checked again in the same epoch. That memory changes cost,
 * never a verdict. Thread-safe.
 */
public final class BundleVerifier implements ProofVerifier {
    private static final int REMEMBERED = 1024;
    private static final DomainTag MEMORY_TAG = new DomainTag("hypermesh/proof-verified/v1");

    private final Finality finality;
    private final Map<Digest, WorkProgram> programs = new TreeMap<>();
    private final Map<Digest, Optional<Digest>> held = new LinkedHashMap<>();
    private long heldEpoch = -1;

    /**
     * Creates a verifier.
     *
     * @param finality decides whether anchors are finalized
     * @param programs programs whose receipts count
     */
    public BundleVerifier(Finality finality, List<WorkProgram> programs) {
        this.finality = finality;
        programs.forEach(p -> this.programs.put(p.id(), p));
    }

    @Override
    public ProofVerdict verify(byte[] bytes, Expectation expectation, Circumstances circumstances) {
        if (bytes.length > ProofBundle.MAX_BYTES) {
            return new Rejected(
                    RejectReason.TOO_LARGE, "bundle of " + bytes.length + " bytes, limit " + ProofBundle.MAX_BYTES);
        }
        ProofBundle bundle;
        try {
            bundle = ProofBundle.decode(bytes);
        } catch (CborException e) {
            return new Rejected(RejectReason.MALFORMED, e.getMessage());
        } catch (IllegalArgumentException e) {
            return new Rejected(RejectReason.MALFORMED, "a value is out of its range");
        }
        Optional<Rejected> wrong = contextProblem(bundle, expectation, circumstances);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Optional<byte[]> record = bundle.anchor().value();
        Participant participant;
        try {
            participant = record.isPresent() ? Participant.decode(record.get()) : Participant.NONE;
        } catch (CborException | IllegalArgumentException e) {
            return new Rejected(RejectReason.ANCHOR_MISMATCH, "the anchor's value is no participant's record");
        }
        Bundled b = new Bundled(bundle, participant, expectation, circumstances, programs);
        wrong = b.plainProblem();
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Digest root = ProofBundle.root(bundle.context(), bundle.anchor(), bundle.proofs());
        Digest memory = memoryKey(root, bundle.signature(), expectation);
        Optional<Optional<Digest>> known = recall(memory, bundle.context().epoch());
        if (known.isPresent()) {
            return new ProofVerdict.Accepted(b.findings(known.get()));
        }
        wrong = b.signedProblem(root, finality);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        remember(memory, bundle.context().epoch(), b.randomOutput);
        return new ProofVerdict.Accepted(b.findings(b.randomOutput));
    }

    private static Digest memoryKey(Digest root, Signature signature, Expectation expectation) {
        // what was asked decides which leaves and steps were checked
        byte[] asked = expectation.requirement().toString().getBytes(StandardCharsets.UTF_8);
        return Hashing.hash(
                MEMORY_TAG,
                new CborWriter(asked.length + 120)
                        .array(3)
                        .bytes(asked)
                        .bytes(root.toBytes())
                        .bytes(signature.toBytes())
                        .toBytes());
    }

    private synchronized Optional<Optional<Digest>> recall(Digest key, long epoch) {
        return epoch == heldEpoch ? Optional.ofNullable(held.get(key)) : Optional.empty();
    }

    private synchronized void remember(Digest key, long epoch, Optional<Digest> output) {
        if (epoch != heldEpoch) {
            held.clear();
            heldEpoch = epoch;
        }
        if (held.size() >= REMEMBERED) {
            held.remove(held.keySet().iterator().next());
        }
        held.put(key, output);
    }

    /** Comparisons and at most two hashes: is the bundle for this, fresh, and not seen before? */
    private static Optional<Rejected> contextProblem(ProofBundle bundle, Expectation e, Circumstances c) {
        ProofContext context = bundle.context();
        long beaconHeight = bundle.anchor().header().height();
        if (!context.network().equals(e.network())) {
            return no(RejectReason.WRONG_NETWORK, () -> "for network " + context.network());
        }
        if (!context.operationType().equals(e.operationType())) {
            return no(
                    RejectReason.WRONG_OPERATION_TYPE,
                    () -> "for \"" + context.operationType() + "\", expected \"" + e.operationType() + "\"");
        }
        if (!context.operation().equals(e.operation())) {
            return no(
                    RejectReason.WRONG_OPERATION,
                    () -> "for operation "
                            + context.operation().toShortHex() + ", expected "
                            + e.operation().toShortHex());
        }
        if (!context.subjectId().equals(e.subject())) {
            return no(RejectReason.WRONG_SUBJECT, () -> "by " + context.subjectId() + ", expected " + e.subject());
        }
        if (c.height() > context.expiryHeight()) {
            return no(
                    RejectReason.EXPIRED,
                    () -> "valid until height " + context.expiryHeight() + ", this is " + c.height());
        }
        if (beaconHeight >= c.height()
                || c.height() - beaconHeight > e.requirement().maxAgeHeights()) {
            return no(
                    RejectReason.BEACON_AGE,
                    () -> "beacon of height " + beaconHeight + " at height " + c.height() + ", limit "
                            + e.requirement().maxAgeHeights());
        }
        if (context.expiryHeight() - beaconHeight > ProofRequirement.MAX_WINDOW_HEIGHTS) {
            return no(
                    RejectReason.EXPIRY_TOO_FAR,
                    () -> "expiry " + context.expiryHeight() + " for a beacon of height " + beaconHeight
                            + ", limit 256 heights");
        }
        if (c.alreadyAccepted().test(context.id())) {
            return no(RejectReason.REPLAYED, () -> "context " + context.id().toShortHex() + " was accepted before");
        }
        if (!bundle.anchor().header().id().equals(context.beacon())
                || bundle.anchor().header().epoch() != context.epoch()
                || !bundle.anchor().header().network().equals(context.network())) {
            return no(
                    RejectReason.BEACON_MISMATCH,
                    () -> "the anchor's header is "
                            + bundle.anchor().header().id().toShortHex() + " of epoch "
                            + bundle.anchor().header().epoch());
        }
        if (!bundle.anchor().module().equals(Participant.MODULE)
                || !Arrays.equals(bundle.anchor().key(), Participant.key(context.subjectId()))) {
            return no(RejectReason.ANCHOR_MISMATCH, () -> "the anchor is not about the subject's record");
        }
        return Optional.empty();
    }

    static Optional<Rejected> no(RejectReason reason, Supplier<String> detail) {
        return Optional.of(new Rejected(reason, detail.get()));
    }

    /** One bundle on its way through the checks. Confined to one call. */
    private static final class Bundled {
        private final ProofBundle bundle;
        private final ProofContext context;
        private final Participant participant;
        private final Expectation expectation;
        private final Circumstances circumstances;
        private final Map<Digest, WorkProgram> programs;
        private final Optional<SpaceProof> space;
        private final Optional<StakeProof> stake;
        private final Optional<WorkProof> work;
        private final Optional<WorkReceipt> receipt;
        private final Optional<TimeProof> time;
        private Optional<Digest> randomOutput = Optional.empty();

        Bundled(
                ProofBundle bundle,
                Participant participant,
                Expectation expectation,
                Circumstances circumstances,
                Map<Digest, WorkProgram> programs) {
            this.bundle = bundle;
            this.context = bundle.context();
            this.participant = participant;
            this.expectation = expectation;
            this.circumstances = circumstances;
            this.programs = programs;
            this.space = bundle.proof(SpaceProof.class);
            this.stake = bundle.proof(StakeProof.class);
            this.work = bundle.proof(WorkProof.class);
            this.receipt = work.flatMap(WorkProof::receipt);
            this.time = bundle.proof(TimeProof.class);
        }

        /** Presence, arithmetic, and the puzzle's one hash; no signatures. The anchor is not yet believed. */
        Optional<Rejected> plainProblem() {
            return presenceProblem()
                    .or(this::puzzleProblem)
                    .or(this::stakeProblem)
                    .or(this::spaceProblem)
                    .or(this::workProblem)
                    .or(this::timeProblem);
        }

        private Optional<Rejected> presenceProblem() {
            ProofRequirement asked = expectation.requirement();
            boolean puzzle = work.isPresent() && work.get().puzzle().isPresent();
            boolean vrf = stake.flatMap(StakeProof::vrf).isPresent();
            boolean[] needed = {
                asked.needsStake(),
                asked.randomOutput(),
                asked.needsSpace(),
                asked.puzzleBits() > 0,
                asked.needsReceipt(),
                asked.needsTime()
            };
            boolean[] given = {stake.isPresent(), vrf, space.isPresent(), puzzle, receipt.isPresent(), time.isPresent()
            };
            String[] names = {"stake proof", "random output", "space proof", "puzzle", "work receipt", "time proof"};
            for (int i = 0; i < needed.length; i++) {
                if (needed[i] != given[i]) {
                    String name = names[i];
                    return needed[i]
                            ? no(RejectReason.PROOF_MISSING, () -> "a " + name + " is asked for")
                            : no(RejectReason.PROOF_UNASKED, () -> "no " + name + " is asked for");
                }
            }
            return Optional.empty();
        }

        private Optional<Rejected> puzzleProblem() {
            int bits = expectation.requirement().puzzleBits();
            return bits == 0
                            || Puzzle.isSolved(
                                    context, bits, work.orElseThrow().puzzle().orElseThrow())
                    ? Optional.empty()
                    : no(RejectReason.PUZZLE_UNSOLVED, () -> "the puzzle has a difficulty of " + bits + " bits");
        }

        private Optional<Rejected> stakeProblem() {
            ProofRequirement asked = expectation.requirement();
            if (stake.isEmpty()) {
                return Optional.empty();
            }
            if (participant.stake() < asked.minStake() || participant.stakeKey().isEmpty()) {
                return no(
                        RejectReason.STAKE_TOO_SMALL,
                        () -> "stake " + participant.stake() + ", asked for " + asked.minStake());
            }
            if (participant.unlockHeight() - circumstances.height() < asked.minLockHeights()) {
                return no(
                        RejectReason.STAKE_UNLOCKS_TOO_SOON,
                        () -> "locked until height " + participant.unlockHeight() + ", asked for "
                                + asked.minLockHeights() + " heights from " + circumstances.height());
            }
            // registered at least one whole block before the beacon, so that nobody picks a key for a beacon it makes
            if (asked.randomOutput()
                    && (participant.vrf().isEmpty()
                            || participant.vrf().get().height() + 1
                                    >= bundle.anchor().header().height())) {
                return no(RejectReason.VRF_KEY, () -> "no VRF key was registered before the beacon");
            }
            return Optional.empty();
        }

        private Optional<Rejected> spaceProblem() {
            ProofRequirement asked = expectation.requirement();
            if (space.isEmpty()) {
                return Optional.empty();
            }
            int slot = space.get().replica();
            if (slot >= participant.replicas().size()
                    || participant.replicas().get(slot).height() + 1
                            >= bundle.anchor().header().height()) {
                return no(
                        RejectReason.SPACE_NOT_REGISTERED,
                        () -> "replica " + slot + " was not registered before the beacon");
            }
            ReplicaCommitment replica = replica();
            if (replica.bytes() < asked.minSpaceBytes()) {
                return no(
                        RejectReason.SPACE_TOO_SMALL,
                        () -> "replica of " + replica.bytes() + " bytes, asked for " + asked.minSpaceBytes());
            }
            long heights = circumstances.height() - bundle.anchor().header().height();
            long millis = circumstances.timeMillis() - bundle.anchor().header().timeMillis();
            if (heights > asked.spaceDeadlineHeights() || millis > asked.spaceDeadlineMillis()) {
                return no(
                        RejectReason.SPACE_TOO_LATE,
                        () -> heights + " heights and " + millis
                                + " ms after the beacon, limits " + asked.spaceDeadlineHeights() + " and "
                                + asked.spaceDeadlineMillis());
            }
            long leaves = Math.min(asked.spaceLeaves(), replica.leaves());
            return space.get().openings().size() == leaves
                    ? Optional.empty()
                    : no(
                            RejectReason.SPACE_LEAF_COUNT,
                            () -> space.get().openings().size() + " leaves, asked for " + leaves);
        }

        private Optional<Rejected> workProblem() {
            ProofRequirement asked = expectation.requirement();
            if (receipt.isEmpty()) {
                return Optional.empty();
            }
            WorkReceipt.Statement statement = receipt.get().statement();
            WorkProgram program = programs.get(statement.program());
            if (program == null) {
                return no(RejectReason.WORK_PROGRAM_UNKNOWN, () -> "program " + statement.program());
            }
            if (!statement.seed().equals(WorkRun.seed(context))) {
                return no(RejectReason.WORK_SEED_MISMATCH, () -> "the receipt was made with another seed");
            }
            if (program.steps(statement.inputBytes()) > WorkReceipt.MAX_STEPS
                    || statement.cost() != program.cost(statement.inputBytes())) {
                return no(
                        RejectReason.WORK_COST_WRONG,
                        () -> "cost " + statement.cost() + " for " + statement.inputBytes() + " bytes of input");
            }
            if (statement.cost() < asked.minWorkCost()) {
                return no(
                        RejectReason.WORK_TOO_LITTLE,
                        () -> "cost " + statement.cost() + ", asked for " + asked.minWorkCost());
            }
            List<WorkReceipt.Attestation> attestations = receipt.get().attestations();
            long distinct = attestations.stream()
                    .map(WorkReceipt.Attestation::key)
                    .distinct()
                    .count();
            boolean allMay = attestations.stream()
                    .filter(a -> !a.key().equals(context.subject()))
                    .allMatch(a -> circumstances.mayVouch().test(a.signer()));
            if (distinct != attestations.size() || !allMay || attesters() < asked.minAttesters()) {
                return no(
                        RejectReason.WORK_ATTESTATIONS,
                        () -> attesters() + " parties besides the subject vouch, asked for " + asked.minAttesters()
                                + " distinct ones that may");
            }
            int steps = WorkRun.opened(statement, program, asked.workSteps()).size();
            return receipt.get().openings().size() == steps
                    ? Optional.empty()
                    : no(
                            RejectReason.WORK_STEP_COUNT,
                            () -> receipt.get().openings().size() + " steps opened, asked for " + steps);
        }

        private int attesters() {
            return receipt.map(r -> (int) r.attestations().stream()
                            .filter(a -> !a.key().equals(context.subject()))
                            .count())
                    .orElse(0);
        }

        private Optional<Rejected> timeProblem() {
            ProofRequirement asked = expectation.requirement();
            if (time.isEmpty()) {
                return Optional.empty();
            }
            long claimed = time.get().claimedMillis();
            long beacon = bundle.anchor().header().timeMillis();
            // both are at least 0, so the difference cannot overflow
            if (claimed < beacon || Math.abs(claimed - circumstances.timeMillis()) > asked.maxClockErrorMillis()) {
                return no(
                        RejectReason.TIME_CLAIM,
                        () -> "claimed " + claimed + " ms, the beacon is of " + beacon + ", now is "
                                + circumstances.timeMillis() + ", limit " + asked.maxClockErrorMillis());
            }
            boolean known = time.get().samples().stream()
                    .allMatch(s -> expectation.timeSources().contains(s.source()));
            int sources = TimeChain.distinctSources(time.get());
            return known && sources == time.get().samples().size() && sources >= asked.minTimeSources()
                    ? Optional.empty()
                    : no(
                            RejectReason.TIME_SOURCES,
                            () -> sources + " distinct sources, asked for " + asked.minTimeSources()
                                    + " known ones, each once");
        }

        /** Signatures, leaves and steps, from the cheapest to the dearest. */
        Optional<Rejected> signedProblem(Digest root, Finality finality) {
            if (!context.subject().verify(ProofBundle.TAG, context.network(), root.toBytes(), bundle.signature())) {
                return no(RejectReason.BUNDLE_SIGNATURE, () -> "the subject did not sign this bundle");
            }
            return leafProblem()
                    .or(this::stepProblem)
                    .or(() -> finalityProblem(finality))
                    .or(this::possessionProblem)
                    .or(this::vrfProblem)
                    .or(this::executorProblem)
                    .or(this::sampleProblem);
        }

        private Optional<Rejected> leafProblem() {
            return space.flatMap(proof -> SpaceChallenge.check(
                    proof,
                    replica(),
                    SpaceChallenge.leaves(
                            context, replica(), expectation.requirement().spaceLeaves())));
        }

        private Optional<Rejected> stepProblem() {
            return receipt.flatMap(r -> WorkRun.check(
                    r,
                    Objects.requireNonNull(programs.get(r.statement().program())),
                    expectation.requirement().workSteps()));
        }

        private Optional<Rejected> finalityProblem(Finality finality) {
            return finality.verify(bundle.anchor()) instanceof Verdict.Rejected r
                    ? no(RejectReason.ANCHOR_NOT_FINAL, r::detail)
                    : Optional.empty();
        }

        private Optional<Rejected> possessionProblem() {
            return stake.isEmpty()
                            || participant
                                    .stakeKey()
                                    .orElseThrow()
                                    .verify(
                                            StakeProof.POSSESSION_TAG,
                                            context.network(),
                                            context.id().toBytes(),
                                            stake.get().possession())
                    ? Optional.empty()
                    : no(RejectReason.STAKE_POSSESSION, () -> "the stake key did not sign the context");
        }

        private Optional<Rejected> vrfProblem() {
            Optional<byte[]> proof = stake.flatMap(StakeProof::vrf);
            if (proof.isEmpty()) {
                return Optional.empty();
            }
            randomOutput = EcVrf.verify(
                    participant.vrf().orElseThrow().key(),
                    context.ambientChallenge(StakeProof.VRF_LABEL, 32),
                    proof.get());
            return randomOutput.isPresent()
                    ? Optional.empty()
                    : no(RejectReason.VRF_WRONG, () -> "the VRF proof does not hold for the beacon");
        }

        private Optional<Rejected> executorProblem() {
            return receipt.flatMap(r -> r.attestations().stream()
                    .filter(a -> !a.holds(context.network(), r.statement()))
                    .findFirst()
                    .flatMap(a -> no(
                            RejectReason.WORK_SIGNATURE,
                            () -> "the signature of " + a.signer().toShortString() + " does not hold")));
        }

        private Optional<Rejected> sampleProblem() {
            return time.flatMap(proof ->
                    TimeChain.check(context, proof, expectation.requirement().maxClockErrorMillis()));
        }

        private ReplicaCommitment replica() {
            return participant.replicas().get(space.orElseThrow().replica()).commitment();
        }

        ProofFindings findings(Optional<Digest> output) {
            return new ProofFindings(
                    context,
                    stake.isPresent() ? participant.stake() : 0,
                    space.isPresent() ? replica().bytes() : 0,
                    receipt.map(r -> r.statement().cost()).orElse(0L),
                    attesters(),
                    time.map(TimeProof::claimedMillis).orElse(0L),
                    time.map(TimeChain::distinctSources).orElse(0),
                    output);
        }
    }
}
