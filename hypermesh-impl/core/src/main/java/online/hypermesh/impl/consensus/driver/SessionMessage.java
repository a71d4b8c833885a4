package online.hypermesh.impl.consensus.driver;

import online.hypermesh.api.error.Code;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** What a client with a session and a node say to each other about submissions; specified in docs/spec/ledger.md. */
sealed interface SessionMessage {
    /** Service number, one-way in both directions. */
    int SERVICE = 3;

    /** Largest message to a node beside its entry. */
    int OVERHEAD_BYTES = 64;

    /** A transaction or bundle for a block. */
    record Submit(long number, BodyEntry entry) implements SessionMessage {}

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
        CborWriter w = new CborWriter(1024);
        if (this instanceof Done m) {
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
            case 0x45 -> new Refused(r.uint(), Code.valueOf(r.text(32)), r.uint(600_000), r.text(4096));
            default -> throw new CborException("message of type " + type + " with " + items + " items");
        };
        r.end();
        return message;
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
