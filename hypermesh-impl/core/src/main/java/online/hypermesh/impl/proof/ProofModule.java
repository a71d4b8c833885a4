package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofPolicy;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.ProofVerifier;
import online.hypermesh.api.proof.WorkProgram;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Proof of State in the ledger: participants, the policy, and bundles presented for operations to come. An accepted bundle
 * leaves a grant for exactly one operation, which {@link ProofGate} asks for. Whoever has stake may vouch for executions.
 * Stateless; confined as the ledger says.
 */
public final class ProofModule implements LedgerModule {
    private static final DomainTag LEAD_TAG = new DomainTag("hypermesh/proof-leadership/v1");
    private static final DomainTag VRF_TAG = new DomainTag("hypermesh/proof-vrf-key/v1");

    /** Stake of the genesis stays until the rules of the network change. */
    private static final long NEVER = Long.MAX_VALUE;

    private final Function<ExecutionContext, ProofVerifier.Finality> finality;
    private final List<WorkProgram> programs;

    /**
     * Creates the module.
     *
     * @param finality gives the check of anchors, from genesis and state only: the same on every node, without a clock
     * @param programs programs whose receipts count
     */
    public ProofModule(Function<ExecutionContext, ProofVerifier.Finality> finality, List<WorkProgram> programs) {
        this.finality = finality;
        this.programs = List.copyOf(programs);
    }

    /**
     * The operation of leading in an epoch, for a bundle made in the epoch before.
     *
     * @param network the network
     * @param node who wants to lead
     * @param epoch in which
     * @return its hash
     */
    public static Digest leadership(NetworkId network, NodeId node, long epoch) {
        return Hashing.hash(
                LEAD_TAG,
                new CborWriter(100)
                        .array(3)
                        .bytes(network.digest().toBytes())
                        .bytes(node.digest().toBytes())
                        .uint(epoch)
                        .toBytes());
    }

    /**
     * The input whose VRF proof shows possession of a key that is being registered.
     *
     * @param network the network
     * @param node whose key it is to be
     * @return 32 bytes
     */
    public static byte[] vrfPossessionInput(NetworkId network, NodeId node) {
        byte[] body = new CborWriter(80)
                .array(2)
                .bytes(network.digest().toBytes())
                .bytes(node.digest().toBytes())
                .toBytes();
        return Hashing.hash(VRF_TAG, body).toBytes();
    }

    @Override
    public String name() {
        return Participant.MODULE;
    }

    @Override
    public void initialize(Genesis genesis, StateWriter state) {
        for (GenesisValidator v : genesis.validators()) {
            Participant participant =
                    new Participant(v.stake(), NEVER, Optional.of(v.votingKey()), Optional.empty(), List.of());
            state.put(Participant.key(v.nodeId()), participant.encode());
        }
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        ProofInstruction instruction = ProofInstruction.decode(payload);
        if (instruction instanceof ProofInstruction.Present present) {
            return present(context, present.bundle(), state);
        }
        if (instruction instanceof ProofInstruction.SetPolicy set) {
            return setPolicy(context, set.policy(), state);
        }
        Participant p = ProofRecords.participant(state, context.sender());
        List<Participant.Replica> replicas = new ArrayList<>(p.replicas());
        Optional<Participant.VrfKey> vrf = p.vrf();
        if (instruction instanceof ProofInstruction.RegisterReplica register) {
            if (replicas.size() >= Participant.MAX_REPLICAS) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED", replicas.size() + " replicas are registered; drop one before the next");
            }
            if (!ProofPolicy.isTestNetwork(context.genesis())
                    && !register.commitment().isProductionGrade()) {
                return Outcome.refused(
                        "TEST_PARAMETERS",
                        "sectors of " + register.commitment().sectorBytes() + " bytes in "
                                + register.commitment().passes()
                                + " passes are for networks whose name begins with test-");
            }
            replicas.add(new Participant.Replica(register.commitment(), context.height()));
        } else if (instruction instanceof ProofInstruction.DropReplica drop) {
            if (drop.slot() >= replicas.size()) {
                return Outcome.refused("NOT_FOUND", "no replica is registered in slot " + drop.slot());
            }
            replicas.remove(drop.slot());
        } else if (instruction instanceof ProofInstruction.RegisterVrfKey register) {
            byte[] input = vrfPossessionInput(context.genesis().networkId(), context.sender());
            if (EcVrf.verify(register.key(), input, register.possession()).isEmpty()) {
                return Outcome.refused("INVALID_PROOF", "the VRF proof of possession does not hold");
            }
            vrf = Optional.of(new Participant.VrfKey(register.key(), context.height()));
        }
        Participant changed = new Participant(p.stake(), p.unlockHeight(), p.stakeKey(), vrf, replicas);
        state.put(Participant.key(context.sender()), changed.encode());
        return Outcome.applied();
    }

    private static Outcome setPolicy(ExecutionContext context, ProofPolicy policy, StateWriter state) {
        if (!context.genesis().operators().contains(context.transaction().sender())) {
            return Outcome.refused("DENIED", "only an operator of the genesis sets the policy of proofs");
        }
        long version = ProofRecords.policy(state).version();
        if (policy.version() <= version) {
            return Outcome.refused("CONFLICT", "policy version " + policy.version() + ", present is " + version);
        }
        List<String> problems = policy.problemsIn(context.genesis());
        if (!problems.isEmpty()) {
            return Outcome.refused("TEST_PARAMETERS", String.join("; ", problems));
        }
        ProofRecords.putPolicy(state, policy);
        return Outcome.applied();
    }

    private Outcome present(ExecutionContext context, byte[] bytes, StateWriter state) {
        ProofRecords.forget(state, context.height());
        ProofContext claimed = ProofBundle.decode(bytes).context();
        String type = claimed.operationType();
        ProofPolicy policy = ProofRecords.policy(state);
        Optional<ProofRequirement> requirement = policy.requirement(type);
        if (requirement.isEmpty()) {
            return Outcome.refused("NOT_REQUIRED", "the policy asks for no proofs for \"" + type + "\"");
        }
        NetworkId network = context.genesis().networkId();
        boolean leads = type.equals(ProofPolicy.LEADERSHIP);
        long nextEpoch = claimed.epoch() + 1;
        Digest operation = leads ? leadership(network, context.sender(), nextEpoch) : claimed.operation();
        ProofVerdict verdict = new BundleVerifier(finality.apply(context), programs)
                .verify(
                        bytes,
                        new ProofVerifier.Expectation(
                                network, type, operation, context.sender(), requirement.get(), policy.timeSources()),
                        new ProofVerifier.Circumstances(
                                context.height(),
                                context.timeMillis(),
                                id -> ProofRecords.isAccepted(state, id),
                                node -> ProofRecords.participant(state, node).stake() > 0));
        if (verdict instanceof ProofVerdict.Rejected r) {
            return Outcome.refused(r.reason().name(), r.detail());
        }
        if (!ProofRecords.hasRoom(state, claimed.expiryHeight())) {
            return Outcome.refused(
                    "BUSY", "too many bundles expire at height " + claimed.expiryHeight() + "; choose another expiry");
        }
        ProofRecords.accept(state, claimed, context.height());
        if (leads) {
            ProofRecords.putLeadership(state, context.sender(), nextEpoch);
        }
        return new Outcome.Applied(claimed.id().toBytes());
    }
}
