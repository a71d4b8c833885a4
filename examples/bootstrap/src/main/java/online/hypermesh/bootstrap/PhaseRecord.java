package online.hypermesh.bootstrap;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What a node must remember of its phase across restarts. The driver stores it durably before it does anything that follows
 * from it. Immutable.
 *
 * @param network the network
 * @param node the node
 * @param phase the phase it is in
 * @param sequence highest sequence number of an operator's command that was obeyed; 0 when none was
 * @param heldUntilMillis the phase does not rise before this time, milliseconds since 1970; 0 when it is not held
 */
public record PhaseRecord(NetworkId network, NodeId node, Phase phase, long sequence, long heldUntilMillis) {
    /** Largest encoded record in bytes. */
    public static final int MAX_BYTES = 128;

    /**
     * Checks the ranges.
     *
     * @param network the network
     * @param node the node
     * @param phase the phase
     * @param sequence at least 0
     * @param heldUntilMillis at least 0
     */
    public PhaseRecord {
        if (sequence < 0 || heldUntilMillis < 0) {
            throw new IllegalArgumentException(
                    "sequence and heldUntilMillis must be >= 0, were " + sequence + " and " + heldUntilMillis);
        }
    }

    /**
     * The record of a node that never ran.
     *
     * @param network the network
     * @param node the node
     * @return Phase 0
     */
    public static PhaseRecord initial(NetworkId network, NodeId node) {
        return new PhaseRecord(network, node, Phase.TRADITIONAL, 0, 0);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding, at most {@link #MAX_BYTES}
     */
    public byte[] encode() {
        return new CborWriter(MAX_BYTES)
                .array(6)
                .uint(1)
                .bytes(network.digest().toBytes())
                .bytes(node.digest().toBytes())
                .uint(phase.number())
                .uint(sequence)
                .uint(heldUntilMillis)
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the record
     */
    public static PhaseRecord decode(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new CborException("phase record of " + bytes.length + " bytes, limit " + MAX_BYTES);
        }
        CborReader r = new CborReader(bytes).expectArray(6).expect(1, "phase record version");
        PhaseRecord value = new PhaseRecord(
                new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                Phase.of(r.uint(3)),
                r.uint(),
                r.uint());
        r.end();
        return value;
    }
}
