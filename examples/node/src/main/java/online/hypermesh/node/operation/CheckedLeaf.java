package online.hypermesh.node.operation;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * What a node decided about a leaf. Immutable.
 *
 * @param accepted whether it holds fully under the node's phase
 * @param phase the node's phase, 0..3
 * @param reason stable upper-case finding, for example VALID or NOT_FINALIZED
 * @param basis from what that was established; empty when refused
 * @param detail what, value, limit, next step
 * @param provenHeight height of the block that proves the leaf's record; 0 when none was needed
 */
public record CheckedLeaf(boolean accepted, int phase, String reason, String basis, String detail, long provenHeight) {
    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(256)
                .array(7)
                .uint(1)
                .bool(accepted)
                .uint(phase)
                .text(reason)
                .text(basis)
                .text(detail)
                .uint(provenHeight)
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the decision
     */
    public static CheckedLeaf decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(7).expect(1, "checked leaf version");
        CheckedLeaf leaf = new CheckedLeaf(r.bool(), r.uint(3), r.text(64), r.text(64), r.text(2048), r.uint());
        r.end();
        return leaf;
    }
}
