package online.hypermesh.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.ProofVerifier;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.proof.BundleVerifier;
import online.hypermesh.impl.proof.EcVrf;
import online.hypermesh.impl.proof.PackAudit;
import online.hypermesh.impl.proof.ProofInstruction;
import online.hypermesh.impl.proof.ProofModule;
import online.hypermesh.impl.proof.Puzzle;
import online.hypermesh.impl.proof.Roughtime;
import online.hypermesh.impl.proof.SpaceChallenge;
import online.hypermesh.impl.proof.TimeChain;
import online.hypermesh.impl.proof.WorkRun;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A validator that proves everything. Its replica is 2^30 equal leaves, so that paths of full depth can be given without
 * 1 TiB at hand; checking them costs the same. Confined to one thread.
 */
final class ProofSubject {
    static final int LEAVES = SpaceProof.MAX_OPENINGS;
    static final int STEPS = 8;

    private static final int DEPTH = 30;
    private static final long BORN = 1_790_000_000_000L;

    private final SigningKey key = key(10);
    private final NodeId node = NodeId.of(key.verifyKey());
    private final EcVrf vrf = EcVrf.of(Digest.sha256(new byte[] {1}).toBytes());
    private final byte[] pack = new byte[1 << 20];
    private final byte[] leaf = new byte[SpaceProof.LEAF_BYTES];
    private final List<Digest> path = new ArrayList<>();
    private final ReplicaCommitment replica;
    private final Genesis genesis;
    private final StateProof anchor;
    private final List<RoughtimeAnswers> sources = IntStream.range(60, 63)
            .mapToObj(seed -> new RoughtimeAnswers(key(seed), key(seed + 10)))
            .toList();
    private final ProofRequirement requirement = ProofRequirement.builder()
            .stake(100, 1000)
            .randomOutput()
            .space(1L << 40, LEAVES, 8, 60_000)
            .puzzle(8)
            .work(1000, STEPS, 2)
            .time(10_000, 3)
            .build();

    /** One cold check. */
    interface Check {
        ProofVerdict verify(byte[] bundle);
    }

    ProofSubject() {
        Digest hash = MerkleTree.leafHash(leaf);
        for (int i = 0; i < DEPTH; i++) {
            path.add(hash);
            hash = MerkleTree.nodeHash(hash, hash);
        }
        replica = new ReplicaCommitment(hash, Digest.ZERO, Digest.ZERO, 1 << 20, 1 << 20, 8);
        List<GenesisValidator> validators = IntStream.range(0, 4)
                .mapToObj(i -> new GenesisValidator(
                        "n" + i,
                        key(10 + i).verifyKey(),
                        key(20 + i).verifyKey(),
                        key(30 + i).verifyKey(),
                        100))
                .toList();
        genesis = new Genesis("bench", BORN, validators, List.of(), Parameters.DEFAULT);
        anchor = anchor(tree());
    }

    private LedgerTree tree() {
        LedgerTree tree = new LedgerTree(
                genesis,
                List.of(new ProofModule(context -> CertificateLightClient.ofState(context)::verify, List.of())),
                TransactionGate.OPEN);
        byte[] possession = vrf.prove(ProofModule.vrfPossessionInput(genesis.networkId(), node));
        commit(tree, transaction(1, new ProofInstruction.RegisterReplica(replica)));
        commit(tree, transaction(2, new ProofInstruction.RegisterVrfKey(vrf.publicKey(), possession)));
        for (int i = 0; i < 3; i++) {
            commit(tree);
        }
        return tree;
    }

    private Transaction transaction(long nonce, ProofInstruction instruction) {
        return Transaction.sign(genesis.networkId(), key, nonce, Participant.MODULE, instruction.encode());
    }

    private void commit(LedgerTree tree, Transaction... transactions) {
        BlockHeader p = tree.finalizedHead();
        Block block = tree.assemble(p.id(), p.epoch(), p.view() + 1, node, p.timeMillis() + 10, List.of(transactions));
        tree.add(block);
        tree.finalizeUpTo(block.id());
    }

    private StateProof anchor(LedgerTree tree) {
        BlockHeader head = tree.finalizedHead();
        byte[] stateKey = Participant.key(node);
        VoteStatement statement = new VoteStatement(VoteKind.FINALIZE, head.epoch(), head.view(), head.id());
        List<Certificate.IndexedSignature> votes = IntStream.range(0, 3)
                .mapToObj(i -> new Certificate.IndexedSignature(
                        i, key(20 + i).sign(VoteStatement.TAG, genesis.networkId(), statement.encode())))
                .toList();
        return new StateProof(
                Participant.MODULE,
                stateKey,
                tree.state(head.previous(), Participant.MODULE).get(stateKey),
                tree.treePath(head.previous(), Participant.MODULE, stateKey),
                head,
                new Certificate(statement, votes),
                List.of());
    }

    private ProofContext context(int number) {
        return new ProofContext(
                genesis.networkId(),
                anchor.header().epoch(),
                "bench",
                Digest.ZERO,
                key.verifyKey(),
                anchor.header().id(),
                anchor.header().height() + 50,
                ByteBuffer.allocate(16).putInt(number).array());
    }

    byte[] bundle(int number) {
        ProofContext context = context(number);
        SpaceProof space = new SpaceProof(
                0,
                SpaceChallenge.leaves(context, replica, LEAVES).stream()
                        .map(index -> new SpaceProof.Opening(leaf, path))
                        .toList());
        StakeProof stake = new StakeProof(
                key(20).sign(
                                StakeProof.POSSESSION_TAG,
                                context.network(),
                                context.id().toBytes()),
                Optional.of(vrf.prove(context.ambientChallenge(StakeProof.VRF_LABEL, 32))));
        WorkRun run = WorkRun.execute(new PackAudit(), WorkRun.seed(context), pack);
        WorkReceipt receipt = run.receipt(
                STEPS,
                IntStream.range(10, 13)
                        .mapToObj(seed -> WorkReceipt.Attestation.sign(context.network(), key(seed), run.statement()))
                        .toList());
        OptionalLong puzzle = Puzzle.solve(context, 8, 0, 1 << 20);
        return ProofBundle.sign(
                        context,
                        anchor,
                        List.of(space, stake, new WorkProof(puzzle, Optional.of(receipt)), time(context)),
                        key)
                .encode();
    }

    private TimeProof time(ProofContext context) {
        TimeChain chain = new TimeChain(context);
        for (RoughtimeAnswers source : sources) {
            byte[] answer =
                    source.answer(chain.request(source.key()), anchor.header().timeMillis() / 1000);
            if (chain.add(source.key(), answer).isEmpty()) {
                throw new IllegalStateException("the bench's own time source was not believed");
            }
        }
        return chain.proof(anchor.header().timeMillis());
    }

    /** A verifier that remembers nothing yet, and what it needs. */
    Check check() {
        CertificateLightClient client = new CertificateLightClient(genesis);
        BundleVerifier verifier = new BundleVerifier(client::verify, List.of(new PackAudit()));
        ProofVerifier.Expectation expectation = new ProofVerifier.Expectation(
                genesis.networkId(),
                "bench",
                Digest.ZERO,
                node,
                requirement,
                sources.stream().map(RoughtimeAnswers::key).toList());
        ProofVerifier.Circumstances circumstances = new ProofVerifier.Circumstances(
                anchor.header().height() + 1,
                anchor.header().timeMillis() + 10,
                id -> false,
                id -> genesis.validator(id).isPresent());
        return bytes -> verifier.verify(bytes, expectation, circumstances);
    }

    /** What verification is made of, each once. */
    Map<String, Runnable> parts() {
        ProofContext context = context(0);
        byte[] input = context.ambientChallenge(StakeProof.VRF_LABEL, 32);
        byte[] output = vrf.prove(input);
        byte[] publicKey = vrf.publicKey();
        RoughtimeAnswers source = sources.get(0);
        byte[] request = Roughtime.request(source.key(), new byte[32]);
        byte[] answer = source.answer(request, BORN / 1000);
        Map<String, Runnable> parts = new LinkedHashMap<>();
        parts.put("vrf_ms", () -> EcVrf.verify(publicKey, input, output));
        parts.put("certificate_and_path_ms", () -> new CertificateLightClient(genesis).verify(anchor));
        parts.put("time_source_ms", () -> Roughtime.verify(source.key(), request, answer));
        parts.put(
                "space_ms",
                () -> SpaceChallenge.leaves(context, replica, LEAVES)
                        .forEach(index -> MerkleTree.verify(
                                MerkleTree.leafHash(leaf), index, replica.leaves(), path, replica.root())));
        return parts;
    }

    private static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }
}
