package online.hypermesh.impl.consensus;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Messages of the next epoch that wait until it begins here. A sender has a share of the places and of the memory, and what
 * it sends beyond them costs its own oldest ones; whoever is dropped says it again. Confined to the core's thread.
 */
final class EarlyMessages {
    /** Most messages. */
    static final int MAX_MESSAGES = 128;
    /** Most memory, in bytes. */
    static final long MAX_BYTES = 4L << 20;
    /** Larger messages are not kept. */
    static final long MAX_MESSAGE_BYTES = 65_536;

    private static final long OVERHEAD_BYTES = 256;
    private static final long SIGNATURE_BYTES = 128;

    private record Held(Event.Received event, long bytes) {}

    private final ArrayDeque<Held> held = new ArrayDeque<>();

    /**
     * Keeps a message, if its sender is a validator.
     *
     * @param event the message
     * @param validators of the epoch that has not ended yet
     */
    void hold(Event.Received event, ValidatorSet validators) {
        long bytes = sizeBytes(event.message());
        if (validators.indexOf(event.from()).isEmpty() || bytes > MAX_MESSAGE_BYTES) {
            return;
        }
        held.addLast(new Held(event, bytes));
        int places = Math.max(1, MAX_MESSAGES / validators.size());
        long memory = Math.max(MAX_MESSAGE_BYTES, MAX_BYTES / validators.size());
        shrink(event.from(), places, memory);
        while (held.size() > MAX_MESSAGES || bytes() > MAX_BYTES) {
            held.removeFirst();
        }
    }

    /** Drops the oldest messages of a sender until the rest is its share. */
    private void shrink(NodeId sender, int places, long memory) {
        int count = 0;
        long bytes = 0;
        Iterator<Held> newestFirst = held.descendingIterator();
        while (newestFirst.hasNext()) {
            Held h = newestFirst.next();
            if (!h.event.from().equals(sender)) {
                continue;
            }
            count++;
            bytes += h.bytes;
            if (count > places || bytes > memory) {
                newestFirst.remove();
            }
        }
    }

    /** About how much memory they take. */
    long bytes() {
        long bytes = 0;
        for (Held h : held) {
            bytes += h.bytes;
        }
        return bytes;
    }

    int size() {
        return held.size();
    }

    /** All of them, oldest first; none is kept. */
    List<Event.Received> take() {
        List<Event.Received> all = new ArrayList<>(held.size());
        held.forEach(h -> all.add(h.event));
        held.clear();
        return all;
    }

    private static long sizeBytes(Message message) {
        if (message instanceof Message.Proposal m) {
            return BlockShelf.sizeBytes(m.block()) + sizeBytes(m.justification());
        }
        if (message instanceof Message.PartedProposal m) {
            return sizeBytes(m.parts())
                    + sizeBytes(m.justification())
                    + 2 * (OVERHEAD_BYTES + SIGNATURE_BYTES) * (1 + m.evidence().size());
        }
        if (message instanceof Message.Certificates m) {
            return sizeBytes(m.certificates());
        }
        return OVERHEAD_BYTES + SIGNATURE_BYTES;
    }

    private static long sizeBytes(BodyParts parts) {
        long size = OVERHEAD_BYTES;
        for (AvailabilityCertificate c : parts.batches()) {
            size += OVERHEAD_BYTES + SIGNATURE_BYTES * c.signatures().size();
        }
        for (BodyParts.Part part : parts.parts()) {
            size += OVERHEAD_BYTES;
            if (part instanceof BodyParts.Inline p) {
                for (BodyEntry e : p.entries()) {
                    size += OVERHEAD_BYTES + e.encodedLength();
                }
            }
        }
        return size;
    }

    private static long sizeBytes(List<Certificate> certificates) {
        long size = OVERHEAD_BYTES;
        for (Certificate c : certificates) {
            size += OVERHEAD_BYTES + SIGNATURE_BYTES * c.votes().size();
        }
        return size;
    }
}
