package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Transactions and bundles that one validator hands to all others at once, so that proposals need only name them. Immutable;
 * that entries are signed is checked by whoever takes them into the pool.
 */
public final class Batch {
    /** Most canonical bytes, unless a single entry is larger. */
    public static final int MAX_BYTES = 512 * 1024;

    /** Most entries. */
    public static final int MAX_ENTRIES = 4096;

    static final int MAX_MAKER = ValidatorSet.MAX_VALIDATORS - 1;

    private static final DomainTag TAG = new DomainTag("hypermesh/batch/v1");
    /** Room for everything but the entries, and for the head of one entry. */
    private static final int OVERHEAD_BYTES = 80;

    private static final int HEAD_BYTES = 5;

    private final NetworkId network;
    private final long epoch;
    private final int maker;
    private final long sequence;
    private final List<BodyEntry> entries;
    private final byte[] encoded;
    private final Digest id;

    /**
     * Creates a batch.
     *
     * @param network the network
     * @param epoch the epoch, at least 0
     * @param maker index of its maker in the epoch's set
     * @param sequence number among its maker's batches, at least 0
     * @param entries distinct, at least one, at most {@link #MAX_ENTRIES} with {@link #MAX_BYTES} encoded bytes altogether;
     *     one that is larger stands alone
     */
    public Batch(NetworkId network, long epoch, int maker, long sequence, List<BodyEntry> entries) {
        if (epoch < 0 || sequence < 0 || maker < 0 || maker > MAX_MAKER) {
            throw new IllegalArgumentException("epoch and sequence must be >= 0 and maker 0.." + MAX_MAKER + ", were "
                    + epoch + ", " + sequence + " and " + maker);
        }
        if (entries.isEmpty() || entries.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException("a batch has 1 to " + MAX_ENTRIES + " entries, got " + entries.size());
        }
        this.network = network;
        this.epoch = epoch;
        this.maker = maker;
        this.sequence = sequence;
        this.entries = List.copyOf(entries);
        CborWriter w = new CborWriter(OVERHEAD_BYTES + 1024);
        w.array(5).bytes(network.digest().toBytes()).uint(epoch).uint(maker).uint(sequence);
        w.list(this.entries, (o, e) -> e.writeTo(o));
        this.encoded = w.toBytes();
        if (encoded.length > MAX_BYTES && entries.size() > 1) {
            throw new IllegalArgumentException(
                    "a batch of " + entries.size() + " entries has " + encoded.length + " bytes, limit " + MAX_BYTES);
        }
        if (this.entries.stream().map(BodyEntry::id).distinct().count() < entries.size()) {
            throw new IllegalArgumentException("a batch holds an entry twice");
        }
        this.id = Hashing.hash(TAG, encoded);
    }

    /**
     * Cuts entries into as few lists as fit a batch each, in their order.
     *
     * @param entries any number
     * @return lists of at least one entry
     */
    public static List<List<BodyEntry>> cut(List<BodyEntry> entries) {
        List<List<BodyEntry>> cuts = new ArrayList<>();
        List<BodyEntry> current = new ArrayList<>();
        long bytes = OVERHEAD_BYTES;
        for (BodyEntry e : entries) {
            long more = (long) e.encodedLength() + HEAD_BYTES;
            if (!current.isEmpty() && (bytes + more > MAX_BYTES || current.size() == MAX_ENTRIES)) {
                cuts.add(current);
                current = new ArrayList<>();
                bytes = OVERHEAD_BYTES;
            }
            current.add(e);
            bytes += more;
        }
        if (!current.isEmpty()) {
            cuts.add(current);
        }
        return cuts;
    }

    /**
     * The network.
     *
     * @return as made
     */
    public NetworkId network() {
        return network;
    }

    /**
     * The epoch.
     *
     * @return at least 0
     */
    public long epoch() {
        return epoch;
    }

    /**
     * Who made it.
     *
     * @return index in the epoch's set
     */
    public int maker() {
        return maker;
    }

    /**
     * Number among its maker's batches.
     *
     * @return at least 0
     */
    public long sequence() {
        return sequence;
    }

    /**
     * What is in it.
     *
     * @return at least one
     */
    public List<BodyEntry> entries() {
        return entries;
    }

    /**
     * Tagged hash of the canonical bytes.
     *
     * @return the id
     */
    public Digest id() {
        return id;
    }

    /**
     * Number of canonical bytes.
     *
     * @return at least 1
     */
    public int encodedLength() {
        return encoded.length;
    }

    /**
     * What a validator says that holds it.
     *
     * @return the statement
     */
    public AvailabilityStatement statement() {
        return new AvailabilityStatement(epoch, maker, sequence, id);
    }

    /**
     * Canonical bytes.
     *
     * @return a copy
     */
    public byte[] encode() {
        return encoded.clone();
    }

    /**
     * Writes the canonical bytes as one byte string.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.bytes(encoded);
    }

    /**
     * Reads what {@link #writeTo} wrote.
     *
     * @param r where from
     * @param maxTransactionBytes limit of an entry
     * @return the batch; no signature is checked
     */
    public static Batch readFrom(CborReader r, int maxTransactionBytes) {
        return decode(r.bytes(Math.max(MAX_BYTES, maxTransactionBytes + OVERHEAD_BYTES)), maxTransactionBytes);
    }

    /**
     * Reads canonical bytes; no signature is checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @param maxTransactionBytes limit of an entry
     * @return the batch
     * @throws CborException if the bytes are not a batch
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Batch decode(byte[] bytes, int maxTransactionBytes) {
        CborReader r = new CborReader(bytes);
        r.expectArray(5);
        NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
        Batch batch = new Batch(
                network,
                r.uint(),
                r.uint(MAX_MAKER),
                r.uint(),
                r.list(MAX_ENTRIES, i -> BodyEntry.decode(i.bytes(maxTransactionBytes))));
        r.end();
        return batch;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Batch b && b.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return "batch " + sequence + " of validator " + maker + " in epoch " + epoch;
    }
}
