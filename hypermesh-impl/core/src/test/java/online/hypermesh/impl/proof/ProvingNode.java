package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.proof.ConsensusProof;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/** The first validator of a {@link ProofNetwork}, with a registered replica and VRF key, three sources of time and others that run programs. */
final class ProvingNode {
    static final int SECTOR = 1 << 14;

    final ProofNetwork net;
    final SigningKey key = ProofNetwork.key(10);
    final NodeId id = NodeId.of(key.verifyKey());
    final EcVrf vrf = EcVrf.of(Digest.sha256(new byte[] {99}).toBytes());
    final List<byte[]> sectors = new ArrayList<>();
    final List<RoughtimeServer> servers = new ArrayList<>();
    final byte[] pack = new byte[20_000];
    final HashTree tree;

    /** All four proofs and everything in them. */
    ProofRequirement requirement = ProofRequirement.builder()
            .stake(100, 1000)
            .randomOutput()
            .space(4 * SECTOR, 16, 8, 60_000)
            .puzzle(6)
            .work(400, 8, 2)
            .time(10_000, 3)
            .build();

    ProofContext context;
    StateProof anchor;
    SigningKey stakeKey = ProofNetwork.key(20);
    List<SigningKey> executors = List.of(key, ProofNetwork.key(11), ProofNetwork.key(12));
    long claimedMillis;

    ProvingNode(ProofNetwork net) {
        this.net = net;
        new Random(5).nextBytes(pack);
        ReplicaEncoder encoder =
                new ReplicaEncoder(new SectorCodec(net.genesis.networkId(), id, Digest.ZERO, SECTOR, 2));
        for (int i = 0; i < 4; i++) {
            byte[] plain = new byte[SECTOR];
            new Random(i).nextBytes(plain);
            sectors.add(encoder.next(plain));
        }
        tree = encoder.tree();
        apply(new ProofInstruction.RegisterReplica(commitment()));
        apply(new ProofInstruction.RegisterVrfKey(
                vrf.publicKey(), vrf.prove(ProofModule.vrfPossessionInput(net.genesis.networkId(), id))));
        net.pass(3);
        for (int i = 0; i < 3; i++) {
            servers.add(new RoughtimeServer(60 + i, net.head().timeMillis() / 1000));
        }
        refresh("notes", Digest.ZERO);
    }

    private void apply(ProofInstruction instruction) {
        Outcome outcome = net.submit(key, instruction);
        if (!(outcome instanceof Outcome.Applied)) {
            throw new AssertionError(outcome.toString());
        }
    }

    ReplicaCommitment commitment() {
        return new ReplicaCommitment(tree.root(), Digest.ZERO, Digest.ZERO, 4, SECTOR, 2);
    }

    List<VerifyKey> sources() {
        return servers.stream().map(RoughtimeServer::key).toList();
    }

    /** A context and anchor at the newest finalized block. */
    void refresh(String type, Digest operation) {
        anchor = net.anchor(id);
        claimedMillis = net.head().timeMillis();
        context = new ProofContext(
                net.genesis.networkId(),
                net.head().epoch(),
                type,
                operation,
                key.verifyKey(),
                net.head().id(),
                net.head().height() + 50,
                new byte[16]);
    }

    SpaceProof space() {
        List<Long> leaves = SpaceChallenge.leaves(context, commitment(), requirement.spaceLeaves());
        return SpaceChallenge.answer(0, tree, i -> Optional.of(sectors.get(i)), leaves, SECTOR)
                .orElseThrow();
    }

    StakeProof stake() {
        byte[] input = context.ambientChallenge(StakeProof.VRF_LABEL, 32);
        return new StakeProof(
                stakeKey.sign(
                        StakeProof.POSSESSION_TAG,
                        context.network(),
                        context.id().toBytes()),
                requirement.randomOutput() ? Optional.of(vrf.prove(input)) : Optional.empty());
    }

    WorkReceipt receipt() {
        WorkRun run = WorkRun.execute(new PackAudit(), WorkRun.seed(context), pack);
        return run.receipt(
                requirement.workSteps(),
                executors.stream()
                        .map(k -> WorkReceipt.Attestation.sign(context.network(), k, run.statement()))
                        .toList());
    }

    WorkProof work() {
        OptionalLong puzzle = requirement.puzzleBits() > 0
                ? Puzzle.solve(context, requirement.puzzleBits(), 0, 1 << 20)
                : OptionalLong.empty();
        return new WorkProof(puzzle, requirement.needsReceipt() ? Optional.of(receipt()) : Optional.empty());
    }

    ConsensusProof time() {
        TimeChain chain = new TimeChain(context);
        for (RoughtimeServer server : servers) {
            if (chain.add(server.key(), server.answer(chain.request(server.key())))
                    .isEmpty()) {
                throw new AssertionError("the test's own server was not believed");
            }
        }
        return chain.proof(claimedMillis);
    }

    List<ConsensusProof> proofs() {
        List<ConsensusProof> proofs = new ArrayList<>();
        if (requirement.needsSpace()) {
            proofs.add(space());
        }
        if (requirement.needsStake()) {
            proofs.add(stake());
        }
        if (requirement.puzzleBits() > 0 || requirement.needsReceipt()) {
            proofs.add(work());
        }
        if (requirement.needsTime()) {
            proofs.add(time());
        }
        return proofs;
    }

    ProofBundle bundle() {
        return ProofBundle.sign(context, anchor, proofs(), key);
    }
}
