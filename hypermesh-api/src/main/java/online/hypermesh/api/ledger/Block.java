package online.hypermesh.api.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * Header, body and evidence; the proof, a finality certificate, stands beside it in {@link FinalizedBlock}. Immutable.
 *
 * @param header the public head
 * @param transactions the body
 * @param evidence validators that contradicted themselves, at most {@link #MAX_EVIDENCE}
 */
public record Block(BlockHeader header, List<Transaction> transactions, List<Equivocation> evidence) {
    /** Most equivocations in one block. */
    public static final int MAX_EVIDENCE = 16;

    /** Most transactions in one block. */
    public static final int MAX_TRANSACTIONS = 65_536;

    private static final int SEGMENT_BYTES = 65_536;

    /**
     * Copies the lists.
     *
     * @param header the head
     * @param transactions the body
     * @param evidence validators that contradicted themselves
     */
    public Block {
        transactions = List.copyOf(transactions);
        evidence = List.copyOf(evidence);
    }

    /**
     * A block without evidence.
     *
     * @param header the head
     * @param transactions the body
     */
    public Block(BlockHeader header, List<Transaction> transactions) {
        this(header, transactions, List.of());
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
     * Merkle root over the encoded equivocations.
     *
     * @param evidence the equivocations
     * @return the root
     */
    public static Digest evidenceRoot(List<Equivocation> evidence) {
        return MerkleTree.root(
                evidence.stream().map(e -> MerkleTree.leafHash(e.encode())).toList());
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
        w.array(evidence.isEmpty() ? 2 : 3);
        header.writeTo(w);
        w.encoded(encodeBody(transactions));
        if (!evidence.isEmpty()) {
            w.list(evidence, (o, e) -> e.writeTo(o));
        }
    }

    /**
     * Reads the canonical form; nothing is verified.
     *
     * @param r where from
     * @param maxTransactionBytes limit of one transaction
     * @return the block
     */
    public static Block readFrom(CborReader r, int maxTransactionBytes) {
        int items = r.array(3);
        if (items < 2) {
            throw new CborException("a block has 2 or 3 items, this has " + items);
        }
        BlockHeader header = BlockHeader.readFrom(r);
        List<Transaction> body = r.list(MAX_TRANSACTIONS, i -> Transaction.decode(i.bytes(maxTransactionBytes)));
        List<Equivocation> evidence = items == 3 ? r.list(MAX_EVIDENCE, Equivocation::readFrom) : List.of();
        if (items == 3 && evidence.isEmpty()) {
            throw new CborException("a block without evidence has 2 items");
        }
        return new Block(header, body, evidence);
    }
}
