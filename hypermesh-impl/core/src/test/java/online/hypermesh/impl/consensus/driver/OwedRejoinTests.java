package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.impl.consensus.ConsensusCore;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.impl.consensus.VoteSigner;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.impl.consensus.VotingKeys;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restart does not forget that votes of an earlier life may be of the epoch after the one in which a node rejoined. */
class OwedRejoinTests {
    @TempDir
    Path directory;

    private String startedWith(VoteRecord... records) {
        TestCluster cluster = new TestCluster(directory, 4);
        SignatureCheck signatures = new SignatureCheck();
        LedgerTree tree = cluster.tree(signatures);
        Mempool pool = cluster.pool(tree, signatures);
        SigningKey key = cluster.votingKeys.get(0);
        VotingKeys keys = new VotingKeys() {
            @Override
            public Optional<VoteSigner> signer(ValidatorSet set) {
                return Optional.of(new SigningGuard(s -> key.sign(VoteStatement.TAG, tree.network(), s.encode())));
            }

            @Override
            public VoteVerifier verifier(ValidatorSet set) {
                return VoteVerifier.of(tree.network(), set);
            }
        };
        ConsensusCore core = new ConsensusCore(
                new SimplexCore.Settings(cluster.id(0), cluster.genesis.parameters(), StartMode.CHECK_LOG, 1),
                tree,
                new PooledTransactions(pool, tree),
                keys,
                Recovered.of(List.of(records)),
                Optional.empty());
        core.start(1, cluster.genesis.createdAtMillis() + 1);
        return core.signingState();
    }

    @Test
    void aLogThatOwesARejoinIsNotBelievedInThatEpoch() {
        assertThat(startedWith()).startsWith("checking");
        assertThat(startedWith(new VoteRecord.RejoinOwed(1))).startsWith("checking");
        assertThat(startedWith(new VoteRecord.RejoinOwed(0))).startsWith("rejoining");
    }
}
