package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a block as a proposal carries them: some as they are, the others as runs of entries of certified batches, all
 * in the block's order. The block, its header and its id are the same as with everything inline. Immutable.
 *
 * @param batches certificates of the batches named, each batch once
 * @param parts in the order of the block
 */
public record BodyParts(List<AvailabilityCertificate> batches, List<Part> parts) {
    /** Most encoded bytes of entries that stand in a proposal themselves, unless a single one is larger. */
    public static final int MAX_INLINE_BYTES = 128 * 1024;

    /** Most batches named by a proposal. */
    public static final int MAX_BATCHES = 64;

    /** Some consecutive entries of a block. */
    public sealed interface Part {}

    /**
     * Entries as they are.
     *
     * @param entries at least one
     */
    public record Inline(List<BodyEntry> entries) implements Part {
        /**
         * Copies the list.
         *
         * @param entries at least one
         */
        public Inline {
            entries = List.copyOf(entries);
        }
    }

    /**
     * Consecutive entries of a batch.
     *
     * @param batch place in the list of batches
     * @param from the first of them, counted from 0
     * @param count at least 1
     */
    public record Run(int batch, int from, int count) implements Part {}

    /**
     * Where an entry is to be found.
     *
     * @param certificate of the batch that holds it
     * @param index its place in that batch
     */
    public record Place(AvailabilityCertificate certificate, int index) {}

    /**
     * Copies the lists.
     *
     * @param batches certificates
     * @param parts in order
     */
    public BodyParts {
        batches = List.copyOf(batches);
        parts = List.copyOf(parts);
    }

    /**
     * Names what stands in certified batches and carries the rest. Entries of batches beyond {@link #MAX_BATCHES} are carried,
     * too.
     *
     * @param entries of a block
     * @param places where an entry stands, or null when no certified batch holds it
     * @return the parts
     */
    public static BodyParts split(List<BodyEntry> entries, Function<Digest, @Nullable Place> places) {
        List<AvailabilityCertificate> batches = new ArrayList<>();
        List<Digest> ids = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        List<BodyEntry> inline = new ArrayList<>();
        Run run = null;
        for (BodyEntry e : entries) {
            Place place = places.apply(e.id());
            int batch = -1;
            if (place != null) {
                Digest id = place.certificate().statement().batchId();
                batch = ids.indexOf(id);
                if (batch < 0 && ids.size() < MAX_BATCHES) {
                    batch = ids.size();
                    ids.add(id);
                    batches.add(place.certificate());
                }
            }
            boolean named = place != null && batch >= 0;
            if (named && run != null && run.batch == batch && run.from + run.count == place.index()) {
                run = new Run(batch, run.from, run.count + 1);
                continue;
            }
            if (run != null) {
                parts.add(run);
                run = null;
            }
            if (!named) {
                inline.add(e);
                continue;
            }
            if (!inline.isEmpty()) {
                parts.add(new Inline(inline));
                inline.clear();
            }
            run = new Run(batch, place.index(), 1);
        }
        if (run != null) {
            parts.add(run);
        }
        if (!inline.isEmpty()) {
            parts.add(new Inline(inline));
        }
        return new BodyParts(batches, parts);
    }

    /**
     * Whether a proposal may have these parts: not too much inline, every batch named once and used, no entry of a batch twice.
     * Certificates, and the epoch of which they are, are not checked here.
     *
     * @param maxInlineBytes {@link #MAX_INLINE_BYTES}
     * @return true if so
     */
    public boolean isAllowed(int maxInlineBytes) {
        long bytes = 0;
        int inline = 0;
        long total = 0;
        List<BitSet> used = new ArrayList<>();
        Set<Digest> ids = new HashSet<>();
        for (AvailabilityCertificate c : batches) {
            used.add(new BitSet());
            if (!ids.add(c.statement().batchId())) {
                return false;
            }
        }
        for (Part part : parts) {
            if (part instanceof Inline p) {
                for (BodyEntry e : p.entries) {
                    bytes += e.encodedLength();
                    inline++;
                    total++;
                }
            } else if (part instanceof Run r) {
                if (r.batch >= used.size() || r.count > Batch.MAX_ENTRIES - r.from) {
                    return false;
                }
                BitSet of = used.get(r.batch);
                int next = of.nextSetBit(r.from);
                if (next >= 0 && next < r.from + r.count) {
                    return false;
                }
                of.set(r.from, r.from + r.count);
                total += r.count;
            }
        }
        return (bytes <= maxInlineBytes || inline == 1)
                && total <= Block.MAX_TRANSACTIONS
                && used.stream().noneMatch(BitSet::isEmpty);
    }

    /**
     * Puts the block's entries together.
     *
     * @param held a batch by its id, or null when it is not here
     * @return the entries in their order; empty when a batch is missing or has fewer entries than named
     */
    public Optional<List<BodyEntry>> assemble(Function<Digest, @Nullable Batch> held) {
        List<List<BodyEntry>> bodies = new ArrayList<>();
        for (AvailabilityCertificate c : batches) {
            Batch batch = held.apply(c.statement().batchId());
            if (batch == null) {
                return Optional.empty();
            }
            bodies.add(batch.entries());
        }
        List<BodyEntry> entries = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Inline p) {
                entries.addAll(p.entries);
            } else if (part instanceof Run r) {
                List<BodyEntry> of = bodies.get(r.batch);
                if (r.from + r.count > of.size()) {
                    return Optional.empty();
                }
                entries.addAll(of.subList(r.from, r.from + r.count));
            }
        }
        return Optional.of(entries);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2).list(batches, (o, c) -> c.writeTo(o)).list(parts, (o, p) -> {
            if (p instanceof Inline i) {
                o.array(1).list(i.entries, (b, e) -> e.writeTo(b));
            } else if (p instanceof Run r) {
                o.array(3).uint(r.batch).uint(r.from).uint(r.count);
            }
        });
    }

    /**
     * Reads the canonical form; nothing is verified.
     *
     * @param r where from
     * @param maxTransactionBytes limit of an entry
     * @return the parts
     */
    public static BodyParts readFrom(CborReader r, int maxTransactionBytes) {
        r.expectArray(2);
        return new BodyParts(
                r.list(MAX_BATCHES, AvailabilityCertificate::readFrom),
                r.list(Block.MAX_TRANSACTIONS, i -> readPart(i, maxTransactionBytes)));
    }

    private static Part readPart(CborReader r, int maxTransactionBytes) {
        int items = r.array(3);
        if (items == 1) {
            List<BodyEntry> entries =
                    r.list(Block.MAX_TRANSACTIONS, i -> BodyEntry.decode(i.bytes(maxTransactionBytes)));
            if (entries.isEmpty()) {
                throw new CborException("a part of a body without entries");
            }
            return new Inline(entries);
        }
        if (items != 3) {
            throw new CborException("a part of a body with " + items + " items");
        }
        Run run = new Run(r.uint(MAX_BATCHES - 1), r.uint(Batch.MAX_ENTRIES - 1), r.uint(Batch.MAX_ENTRIES));
        if (run.count == 0) {
            throw new CborException("an empty run of a batch");
        }
        return run;
    }
}
