package online.hypermesh.api.ledger;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** What executing a transaction came to; deterministic, part of the receipts root. */
public sealed interface Outcome {
    /**
     * The transaction took effect.
     *
     * @param result the module's answer, at most 4096 bytes, possibly empty
     */
    record Applied(byte[] result) implements Outcome {}

    /**
     * The transaction changed nothing but its sender's nonce.
     *
     * @param code stable upper-case reason
     * @param detail what, value, limit
     */
    record Refused(String code, String detail) implements Outcome {}

    /**
     * An empty success.
     *
     * @return the outcome
     */
    static Outcome applied() {
        return new Applied(new byte[0]);
    }

    /**
     * A refusal.
     *
     * @param code stable upper-case reason
     * @param detail what, value, limit
     * @return the outcome
     */
    static Outcome refused(String code, String detail) {
        return new Refused(code, detail);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    default void writeTo(CborWriter w) {
        if (this instanceof Applied a) {
            w.array(2).uint(0).bytes(a.result());
        } else if (this instanceof Refused r) {
            w.array(3).uint(1).text(r.code()).text(r.detail());
        }
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the outcome
     */
    static Outcome readFrom(CborReader r) {
        int items = r.array(3);
        int tag = r.uint(1);
        if (tag == 0 && items == 2) {
            return new Applied(r.bytes(4096));
        }
        if (tag == 1 && items == 3) {
            return new Refused(r.text(64), r.text(1024));
        }
        throw new online.hypermesh.stoq.base.cbor.CborException("outcome with tag " + tag + " and " + items + " items");
    }
}
