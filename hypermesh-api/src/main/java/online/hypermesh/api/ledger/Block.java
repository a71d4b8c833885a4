package online.hypermesh.api.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * Header and body; the proof, a finality certificate, stands beside it in {@link FinalizedBlock}. Immutable.
 *
 * @param header the public head
 * @param transactions the body
 */
public record Block(BlockHeader header, List<Transaction> transactions) {
    /** Most transactions in one block. */
    public static final int MAX_TRANSACTIONS = 65_536;

    private static final int SEGMENT_BYTES = 65_536;

    /**
     * Copies the list.
     *
     * @param header the head
     * @param transactions the body
     */
    public Block {
        transactions = List.copyOf(transactions);
    }

    /**
     * The block's id.
     *
     * @return the header's id
     */
    public Digest id() {
        return header.id();
    }

    /**
     * Canonical bytes of a body.
     *
     * @param transactions the transactions
     * @return the encoding
     */
    public static byte[] encodeBody(List<Transaction> transactions) {
        CborWriter w = new CborWriter(256 + transactions.size() * 256);
        w.list(transactions, (o, t) -> o.bytes(t.encode()));
        return w.toBytes();
    }

    /**
     * Merkle root over the encoded transactions.
     *
     * @param transactions the transactions
     * @return the root
     */
    public static Digest transactionsRoot(List<Transaction> transactions) {
        return MerkleTree.root(
                transactions.stream().map(t -> MerkleTree.leafHash(t.encode())).toList());
    }

    /**
     * Merkle root over 64 KiB segments of an encoded body.
     *
     * @param body what {@link #encodeBody} wrote
     * @return the root
     */
    public static Digest bodyCommitment(byte[] body) {
        List<Digest> leaves = new ArrayList<>();
        for (int at = 0; at < body.length; at += SEGMENT_BYTES) {
            leaves.add(MerkleTree.leafHash(Arrays.copyOfRange(body, at, Math.min(body.length, at + SEGMENT_BYTES))));
        }
        return MerkleTree.root(leaves);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2);
        header.writeTo(w);
        w.encoded(encodeBody(transactions));
    }

    /**
     * Reads the canonical form; nothing is verified.
     *
     * @param r where from
     * @param maxTransactionBytes limit of one transaction
     * @return the block
     */
    public static Block readFrom(CborReader r, int maxTransactionBytes) {
        r.expectArray(2);
        return new Block(
                BlockHeader.readFrom(r),
                r.list(MAX_TRANSACTIONS, i -> Transaction.decode(i.bytes(maxTransactionBytes))));
    }
}
