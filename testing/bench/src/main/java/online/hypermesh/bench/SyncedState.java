package online.hypermesh.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.impl.snapshot.Snapshot;
import online.hypermesh.stoq.base.crypto.Digest;

/** A network of four and a snapshot of a large state that three of them signed. */
record SyncedState(Genesis genesis, Snapshot snapshot, List<StateTree> parts, long bytes) {
    static final int VALIDATORS = 4;
    private static final int VALUE_BYTES = 4096;
    private static final int HEIGHT = 15;

    static Genesis genesis(String name, int validators) {
        return genesis(name, validators, Parameters.DEFAULT);
    }

    static Genesis genesis(String name, int validators, Parameters parameters) {
        List<GenesisValidator> all = new ArrayList<>();
        for (int i = 0; i < validators; i++) {
            all.add(new GenesisValidator(
                    "n" + i,
                    ConsensusReplica.key(i, ConsensusReplica.NODE_KEY).verifyKey(),
                    ConsensusReplica.key(i, ConsensusReplica.VOTING_KEY).verifyKey(),
                    ConsensusReplica.key(i, 3).verifyKey(),
                    1));
        }
        return new Genesis(name, System.currentTimeMillis(), all, List.of(), parameters);
    }

    /** @param bytes of all values together */
    static SyncedState of(long bytes) {
        Genesis genesis = genesis("bench-sync", VALIDATORS);
        StateTree state = LedgerTree.genesisState(genesis, List.of());
        Random random = new Random(7);
        byte[] value = new byte[VALUE_BYTES];
        for (long i = 0; i < bytes / VALUE_BYTES; i++) {
            random.nextBytes(value);
            state = state.put("blobs", ByteBuffer.allocate(8).putLong(i).array(), value);
        }
        StateTree.Division division = state.divide();
        BlockHeader founding = LedgerTree.genesisHeader(genesis);
        AncestorFrontier frontier = AncestorFrontier.EMPTY.with(founding.id());
        for (int h = 1; h < HEIGHT; h++) {
            frontier = frontier.with(Digest.sha256(new byte[] {(byte) h}));
        }
        BlockHeader base = header(genesis, HEIGHT, founding.id(), frontier.root(), founding.parentStateRoot());
        frontier = frontier.with(base.id());
        BlockHeader child = header(genesis, HEIGHT + 1, base.id(), frontier.root(), state.root());
        VoteStatement statement = new VoteStatement(VoteKind.FINALIZE, 0, child.view(), child.id());
        List<Certificate.IndexedSignature> votes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            votes.add(new Certificate.IndexedSignature(
                    i,
                    ConsensusReplica.key(i, ConsensusReplica.VOTING_KEY)
                            .sign(VoteStatement.TAG, genesis.networkId(), statement.encode())));
        }
        Snapshot snapshot =
                new Snapshot(base, child, new Certificate(statement, votes), List.of(), frontier, division.skeleton());
        return new SyncedState(genesis, snapshot, division.parts(), bytes);
    }

    private static BlockHeader header(
            Genesis genesis, int height, Digest previous, Digest ancestorsRoot, Digest stateRoot) {
        BlockHeader g = LedgerTree.genesisHeader(genesis);
        return new BlockHeader(
                g.version(),
                g.network(),
                0,
                height,
                height - 1,
                height,
                previous,
                ancestorsRoot,
                g.transactionsRoot(),
                stateRoot,
                g.parentReceiptsRoot(),
                g.evidenceRoot(),
                g.proofsRoot(),
                ValidatorSet.of(genesis).root(),
                Digest.ZERO,
                g.timeMillis() + height,
                genesis.validators().get(0).nodeId(),
                g.bodyCommitment(),
                g.bodyLength(),
                g.suite());
    }
}
