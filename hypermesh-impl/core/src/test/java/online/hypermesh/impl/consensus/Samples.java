package online.hypermesh.impl.consensus;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/** Fixed values for tests and vectors. */
final class Samples {
    static final Parameters PARAMETERS = Parameters.DEFAULT;
    static final NetworkId NETWORK = new NetworkId(digest(1));
    static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);

    private Samples() {}

    static Digest digest(int fill) {
        byte[] b = new byte[32];
        Arrays.fill(b, (byte) fill);
        return Digest.of(b);
    }

    static VoteStatement statement(VoteKind kind, long view, int block) {
        return new VoteStatement(kind, 0, view, kind == VoteKind.NULLIFY ? Digest.ZERO : digest(block));
    }

    static Vote vote(VoteKind kind, long view, int block) {
        return vote(kind, 0, view, block);
    }

    static Vote vote(VoteKind kind, long epoch, long view, int block) {
        VoteStatement s = new VoteStatement(
                kind, epoch, view, statement(kind, view, block).blockId());
        return new Vote(0, s, KEY.sign(VoteStatement.TAG, NETWORK, s.encode()));
    }

    static Certificate certificate(VoteKind kind, long view, int block) {
        Signature s = vote(kind, view, block).signature();
        return new Certificate(
                statement(kind, view, block),
                List.of(new Certificate.IndexedSignature(0, s), new Certificate.IndexedSignature(2, s)));
    }

    static Transaction transaction() {
        return Transaction.sign(NETWORK, KEY, 7, "notes", "a=1".getBytes(StandardCharsets.UTF_8));
    }

    static Block block(long view) {
        List<Transaction> body = List.of(transaction());
        byte[] encoded = Block.encodeBody(body);
        return new Block(
                new BlockHeader(
                        BlockHeader.VERSION,
                        NETWORK,
                        0,
                        view,
                        view - 1,
                        view,
                        digest(2),
                        digest(2),
                        Block.transactionsRoot(body),
                        digest(3),
                        digest(4),
                        digest(5),
                        digest(6),
                        digest(7),
                        Digest.ZERO,
                        1_700_000_000_000L,
                        NodeId.of(KEY.verifyKey()),
                        Block.bodyCommitment(encoded),
                        encoded.length,
                        BlockHeader.SUITE_2026),
                body);
    }
}
