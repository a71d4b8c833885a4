package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** What a client with a session and a node say to each other about submissions; specified in docs/spec/ledger.md. */
sealed interface SessionMessage {
    /** Service number, one-way in both directions. */
    int SERVICE = 3;

    /** Largest message to a node beside its entry. */
    int OVERHEAD_BYTES = 64;

    /** Most entries, or answers, that travel together. */
    int MAX_TOGETHER = 256;

    /** About how many bytes of answers travel together. */
    int MAX_TOGETHER_BYTES = 512 * 1024;

    /** What a hash takes in memory, about. */
    int DIGEST_BYTES = 80;

    /** Bytes of an entry's head among others. */
    int HEAD_BYTES = 5;

    /** A transaction or bundle for a block. */
    record Submit(long number, BodyEntry entry) implements SessionMessage {}

    /**
     * Entries for blocks, numbered one after the other from the first one's on; the client understands answers that come
     * together.
     */
    record SubmitAll(long number, List<BodyEntry> entries) implements SessionMessage {
        public SubmitAll {
            entries = List.copyOf(entries);
        }
    }

    /** Receipts of one block, all under the same header and certificate, and the numbers they answer. */
    record DoneAll(List<Done> receipts) implements SessionMessage {
        public DoneAll {
            receipts = List.copyOf(receipts);
        }
    }

    /** What came of a transaction that is signed by itself. */
    record Done(long number, Receipt receipt) implements SessionMessage {}

    /** What came of a bundle. */
    record BundleDone(long number, BundleReceipt receipt) implements SessionMessage {}

    /** An entry was not taken in; zero milliseconds say that trying again is of no use. */
    record Refused(long number, Code code, int retryMillis, String detail) implements SessionMessage {}

    default byte[] encode() {
        if (this instanceof Submit m) {
            CborWriter w = new CborWriter(m.entry.encodedLength() + OVERHEAD_BYTES);
            w.array(3).uint(1).uint(m.number);
            m.entry.writeTo(w);
            return w.toBytes();
        }
        if (this instanceof SubmitAll m) {
            CborWriter w = new CborWriter(4096);
            w.array(3).uint(5).uint(m.number);
            return w.list(m.entries, (o, e) -> e.writeTo(o)).toBytes();
        }
        CborWriter w = new CborWriter(1024);
        if (this instanceof DoneAll m) {
            Receipt shared = m.receipts.get(0).receipt();
            w.array(5).uint(6);
            shared.header().writeTo(w);
            shared.certificate().writeTo(w);
            w.list(shared.links(), (o, l) -> l.writeTo(o));
            w.list(m.receipts, (o, d) -> {
                o.array(6).uint(d.number()).bytes(d.receipt().transactionId().toBytes());
                d.receipt().outcome().writeTo(o);
                o.uint(d.receipt().index()).uint(d.receipt().count());
                o.list(d.receipt().path(), (p, hash) -> p.bytes(hash.toBytes()));
            });
        } else if (this instanceof Done m) {
            w.array(3).uint(2).uint(m.number).bytes(m.receipt.encode());
        } else if (this instanceof BundleDone m) {
            w.array(3).uint(3).uint(m.number).bytes(m.receipt.encode());
        } else if (this instanceof Refused m) {
            w.array(5)
                    .uint(4)
                    .uint(m.number)
                    .text(m.code.name())
                    .uint(m.retryMillis)
                    .text(m.detail);
        }
        return w.toBytes();
    }

    /** Reads a message; nothing is verified. */
    static SessionMessage decode(byte[] bytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(5);
        int type = r.uint(255);
        SessionMessage message = switch (type * 16 + items) {
            case 0x13 -> new Submit(r.uint(), BodyEntry.decode(r.bytes(bytes.length)));
            case 0x23 -> new Done(r.uint(), Receipt.decode(r.bytes(bytes.length)));
            case 0x33 -> new BundleDone(r.uint(), BundleReceipt.decode(r.bytes(bytes.length)));
            case 0x53 ->
                new SubmitAll(
                        first(r.uint()), some(r.list(MAX_TOGETHER, i -> BodyEntry.decode(i.bytes(bytes.length)))));
            case 0x65 -> readAll(r);
            case 0x45 -> new Refused(r.uint(), Code.valueOf(r.text(32)), r.uint(600_000), r.text(4096));
            default -> throw new CborException("message of type " + type + " with " + items + " items");
        };
        r.end();
        return message;
    }

    /** What a message takes to remember, about. */
    static int weight(SessionMessage message) {
        if (message instanceof Done m) {
            return 1024
                    + weight(m.receipt().outcome())
                    + DIGEST_BYTES * m.receipt().path().size();
        }
        if (message instanceof BundleDone m) {
            return 1024
                    + m.receipt().outcomes().stream()
                            .mapToInt(SessionMessage::weight)
                            .sum();
        }
        return 1024;
    }

    private static int weight(Outcome outcome) {
        return 96 + (outcome instanceof Outcome.Applied a ? a.result().length : 0);
    }

    /** As few messages as receipts of any blocks take: those under one header together, within the bounds. */
    static List<DoneAll> together(List<Done> receipts) {
        List<DoneAll> messages = new ArrayList<>();
        List<Done> current = new ArrayList<>();
        int bytes = 0;
        for (Done d : receipts) {
            boolean same = !current.isEmpty()
                    && current.get(0).receipt().header().equals(d.receipt().header())
                    && current.get(0).receipt().certificate().equals(d.receipt().certificate())
                    && current.get(0).receipt().links().equals(d.receipt().links());
            int more = weight(d);
            if (!current.isEmpty() && (!same || current.size() == MAX_TOGETHER || bytes + more > MAX_TOGETHER_BYTES)) {
                messages.add(new DoneAll(current));
                current.clear();
                bytes = 0;
            }
            current.add(d);
            bytes += more;
        }
        if (!current.isEmpty()) {
            messages.add(new DoneAll(current));
        }
        return messages;
    }

    private static long first(long number) {
        if (number > Long.MAX_VALUE - MAX_TOGETHER) {
            throw new CborException("number " + number + " leaves no room for those after it");
        }
        return number;
    }

    private static <T> List<T> some(List<T> all) {
        if (all.isEmpty()) {
            throw new CborException("a message of no entries");
        }
        return all;
    }

    private static DoneAll readAll(CborReader r) {
        BlockHeader header = BlockHeader.readFrom(r);
        Certificate certificate = Certificate.readFrom(r);
        List<Link> links = r.list(Receipt.MAX_LINKS, Link::readFrom);
        return new DoneAll(some(r.list(MAX_TOGETHER, i -> {
            i.expectArray(6);
            return new Done(
                    i.uint(),
                    new Receipt(
                            Digest.of(i.fixedBytes(Digest.LENGTH)),
                            Outcome.readFrom(i),
                            i.uint(Block.MAX_TRANSACTIONS),
                            i.uint(Block.MAX_TRANSACTIONS),
                            i.list(64, p -> Digest.of(p.fixedBytes(Digest.LENGTH))),
                            header,
                            certificate,
                            links));
        })));
    }

    /** Longest message to a node with entries of up to so many bytes. */
    static int maxBytes(int maxTransactionBytes) {
        return maxTransactionBytes + OVERHEAD_BYTES;
    }

    /** Longest answer: a receipt with its links and certificate. */
    static int maxAnswerBytes() {
        return Bundle.MAX_TRANSACTIONS * 4200 / 16 + (1 << 20);
    }
}
