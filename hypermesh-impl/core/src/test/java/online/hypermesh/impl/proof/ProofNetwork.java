package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** A ledger of four validators with the module of proofs, its gate, and a module "notes" that keeps what it is told. */
final class ProofNetwork {
    static final long BORN = 1_790_000_000_000L;

    final Genesis genesis;
    final LedgerTree tree;
    private long nonce;

    ProofNetwork() {
        this("test-proofs");
    }

    ProofNetwork(String name) {
        this(name, Parameters.DEFAULT_EPOCH_SECONDS);
    }

    ProofNetwork(String name, int epochSeconds) {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            validators.add(new GenesisValidator(
                    "n" + (i + 1),
                    key(10 + i).verifyKey(),
                    key(20 + i).verifyKey(),
                    key(30 + i).verifyKey(),
                    100));
        }
        Parameters parameters = new Parameters(3600, 262_144, 1_048_576, 30_000, 5_000, 500, 3, epochSeconds);
        genesis = new Genesis(name, BORN, validators, List.of(key(40).verifyKey()), parameters);
        tree = new LedgerTree(genesis, List.of(module(), new Notes()), new ProofGate(TransactionGate.OPEN));
    }

    static ProofModule module() {
        return new ProofModule(context -> CertificateLightClient.ofState(context)::verify, List.of(new PackAudit()));
    }

    static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }

    BlockHeader head() {
        return tree.finalizedHead();
    }

    Transaction transaction(SigningKey sender, String module, byte[] payload) {
        return Transaction.sign(genesis.networkId(), sender, ++nonce, module, payload);
    }

    /** Finalizes a block and gives what came of its transactions. */
    List<Outcome> commit(Transaction... transactions) {
        return commit(10, transactions);
    }

    /** Ends the epoch, which needs a block in it. */
    void endEpoch() {
        commit();
        commit(genesis.parameters().epochSeconds() * 1000L);
    }

    private List<Outcome> commit(long millisLater, Transaction... transactions) {
        BlockHeader p = head();
        NodeId proposer = genesis.validators().get(0).nodeId();
        long view = p.epoch() == tree.epoch() ? p.view() + 1 : 1;
        Block block = tree.assemble(
                p.id(), tree.epoch(), view, proposer, p.timeMillis() + millisLater, List.of(transactions));
        tree.add(block);
        tree.finalizeUpTo(block.id());
        return tree.outcomes(block.id());
    }

    Outcome submit(SigningKey sender, ProofInstruction instruction) {
        return commit(transaction(sender, Participant.MODULE, instruction.encode()))
                .get(0);
    }

    void pass(int blocks) {
        for (int i = 0; i < blocks; i++) {
            commit();
        }
    }

    StateReader proofs() {
        return tree.state(head().id(), Participant.MODULE);
    }

    /** Proves a node's record under the newest finalized header. */
    StateProof anchor(NodeId node) {
        BlockHeader head = head();
        byte[] key = Participant.key(node);
        VoteStatement statement = new VoteStatement(VoteKind.FINALIZE, head.epoch(), head.view(), head.id());
        List<Certificate.IndexedSignature> votes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            votes.add(new Certificate.IndexedSignature(
                    i, key(20 + i).sign(VoteStatement.TAG, genesis.networkId(), statement.encode())));
        }
        return new StateProof(
                Participant.MODULE,
                key,
                tree.state(head.previous(), Participant.MODULE).get(key),
                tree.treePath(head.previous(), Participant.MODULE, key),
                head,
                new Certificate(statement, votes),
                List.of());
    }

    private record Notes() implements LedgerModule {
        @Override
        public String name() {
            return "notes";
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            state.put(new byte[] {1}, payload);
            return Outcome.applied();
        }
    }
}
