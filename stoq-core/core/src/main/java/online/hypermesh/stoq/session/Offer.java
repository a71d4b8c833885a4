package online.hypermesh.stoq.session;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A capability that a side of the hello offers or selects. Immutable.
 *
 * @param id which one, 0..65535
 * @param critical whether a side that does not know it must refuse
 * @param value what it says, at most 2048 bytes
 */
record Offer(int id, boolean critical, byte[] value) {
    static final int MAX_ID = 0xffff;
    static final int MAX_OFFERS = 16;
    static final int MAX_VALUE_BYTES = 2048;

    static void write(CborWriter out, List<Offer> offers) {
        out.list(
                offers,
                (w, offer) -> w.array(3).uint(offer.id).bool(offer.critical).bytes(offer.value));
    }

    /** Reads offers, which ascend strictly by id. */
    static List<Offer> read(CborReader in) {
        List<Offer> offers = in.list(MAX_OFFERS, r -> {
            r.expectArray(3);
            return new Offer(r.uint(MAX_ID), r.bool(), r.bytes(MAX_VALUE_BYTES));
        });
        for (int i = 1; i < offers.size(); i++) {
            if (offers.get(i).id <= offers.get(i - 1).id) {
                throw new CborException(
                        "capability " + offers.get(i).id + " follows " + offers.get(i - 1).id + "; they must ascend");
            }
        }
        return offers;
    }

    @Override
    public String toString() {
        return "Offer[" + id + (critical ? ", critical, " : ", ") + value.length + " bytes]";
    }
}
