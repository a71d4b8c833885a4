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
import org.jspecify.annotations.Nullable;

/**
 * Header, body and evidence; the proof, a finality certificate, stands beside it in {@link FinalizedBlock}. Immutable.
 */
public final class Block {
    /** Most equivocations in one block. */
    public static final int MAX_EVIDENCE = 16;

    /** Most transactions in one block, those of bundles included. */
    public static final int MAX_TRANSACTIONS = 65_536;

    private static final int SEGMENT_BYTES = 65_536;

    private final BlockHeader header;
    private final List<BodyEntry> entries;
    private final List<Transaction> transactions;
    private final List<Equivocation> evidence;
    private @Nullable Digest id;

    /**
     * Puts a block together; nothing is verified.
     *
     * @param header the public head
     * @param entries the body
     * @param evidence validators that contradicted themselves, at most {@link #MAX_EVIDENCE}
     */
    public Block(BlockHeader header, List<? extends BodyEntry> entries, List<Equivocation> evidence) {
        this.header = header;
        this.entries = List.copyOf(entries);
        this.transactions = flat(this.entries);
        this.evidence = List.copyOf(evidence);
    }

    /**
     * A block without evidence.
     *
     * @param header the head
     * @param entries the body
     */
    public Block(BlockHeader header, List<? extends BodyEntry> entries) {
        this(header, entries, List.of());
    }

    private static List<Transaction> flat(List<BodyEntry> entries) {
        List<Transaction> all = new ArrayList<>(entries.size());
        for (BodyEntry entry : entries) {
            if (entry instanceof Transaction t && t.bundle().isPresent()) {
                throw new IllegalArgumentException(t + " is part of a bundle; a body holds the bundle");
            }
            all.addAll(entry.transactions());
        }
        return List.copyOf(all);
    }

    /**
     * The public head.
     *
     * @return the header
     */
    public BlockHeader header() {
        return header;
    }

    /**
     * The body as it was signed.
     *
     * @return transactions and bundles in order
     */
    public List<BodyEntry> entries() {
        return entries;
    }

    /**
     * What the body's entries hold, and so what is executed.
     *
     * @return all transactions in order
     */
    public List<Transaction> transactions() {
        return transactions;
    }

    /**
     * Validators that contradicted themselves.
     *
     * @return at most {@link #MAX_EVIDENCE}
     */
    public List<Equivocation> evidence() {
        return evidence;
    }

    /**
     * The block's id.
     *
     * @return the header's id
     */
    public Digest id() {
        Digest known = id;
        if (known == null) {
            known = header.id();
            id = known;
        }
        return known;
    }

    /**
     * Canonical bytes of a body.
     *
     * @param entries the body
     * @return the encoding
     */
    public static byte[] encodeBody(List<? extends BodyEntry> entries) {
        int bytes = 16;
        for (BodyEntry entry : entries) {
            bytes += entry.encodedLength() + 8;
        }
        CborWriter w = new CborWriter(bytes);
        writeBody(entries, w);
        return w.toBytes();
    }

    private static void writeBody(List<? extends BodyEntry> entries, CborWriter w) {
        w.array(entries.size());
        for (BodyEntry entry : entries) {
            entry.writeTo(w);
        }
    }

    /**
     * Merkle root over the encoded entries.
     *
     * @param entries the body
     * @return the root
     */
    public static Digest transactionsRoot(List<? extends BodyEntry> entries) {
        List<Digest> leaves = new ArrayList<>(entries.size());
        for (BodyEntry entry : entries) {
            leaves.add(MerkleTree.leafHash(entry.encode()));
        }
        return MerkleTree.root(leaves);
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
        writeBody(entries, w);
        if (!evidence.isEmpty()) {
            w.list(evidence, (o, e) -> e.writeTo(o));
        }
    }

    /**
     * Reads the canonical form; nothing is verified.
     *
     * @param r where from
     * @param maxTransactionBytes limit of one transaction or bundle
     * @return the block
     */
    public static Block readFrom(CborReader r, int maxTransactionBytes) {
        int items = r.array(3);
        if (items < 2) {
            throw new CborException("a block has 2 or 3 items, this has " + items);
        }
        BlockHeader header = BlockHeader.readFrom(r);
        int[] count = new int[1];
        List<BodyEntry> body = r.list(MAX_TRANSACTIONS, i -> {
            BodyEntry entry = BodyEntry.decode(i.bytes(maxTransactionBytes));
            count[0] += entry.transactions().size();
            if (count[0] > MAX_TRANSACTIONS) {
                throw new CborException("a block of more than " + MAX_TRANSACTIONS + " transactions");
            }
            return entry;
        });
        List<Equivocation> evidence = items == 3 ? r.list(MAX_EVIDENCE, Equivocation::readFrom) : List.of();
        if (items == 3 && evidence.isEmpty()) {
            throw new CborException("a block without evidence has 2 items");
        }
        return new Block(header, body, evidence);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Block b
                && header.equals(b.header)
                && entries.equals(b.entries)
                && evidence.equals(b.evidence);
    }

    @Override
    public int hashCode() {
        return header.hashCode();
    }

    @Override
    public String toString() {
        return "Block[" + header + ", " + entries.size() + " entries, " + evidence.size() + " equivocations]";
    }
}
