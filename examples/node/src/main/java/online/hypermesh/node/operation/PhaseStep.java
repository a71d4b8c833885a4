package online.hypermesh.node.operation;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A phase a node entered.
 *
 * @param phase 0..3
 * @param atMillis when, milliseconds since 1970
 * @param reason the fact that opened the guard
 */
public record PhaseStep(int phase, long atMillis, String reason) {
    /** Most steps in one answer. */
    public static final int MAX_STEPS = 64;

    private static final int MAX_REASON_BYTES = 1024;

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(3).uint(phase).uint(atMillis).text(reason);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the step
     */
    public static PhaseStep readFrom(CborReader r) {
        r.expectArray(3);
        return new PhaseStep(r.uint(3), r.uint(), r.text(MAX_REASON_BYTES));
    }
}
