package online.hypermesh.bootstrap;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A phase of the whole network and the block that brought it; a value in the ledger. Immutable.
 *
 * @param phase Phase 1, 2 or 3
 * @param height height of the block that brought it, the phase's checkpoint; 0 for Phase 1
 * @param timeMillis time of that block, milliseconds since 1970
 */
public record NetworkPhase(Phase phase, long height, long timeMillis) {
    /**
     * Checks the ranges.
     *
     * @param phase Phase 1, 2 or 3
     * @param height at least 0
     * @param timeMillis at least 0
     */
    public NetworkPhase {
        if (phase == Phase.TRADITIONAL) {
            throw new IllegalArgumentException("a network is never in Phase 0; single nodes are");
        }
        if (height < 0 || timeMillis < 0) {
            throw new IllegalArgumentException(
                    "height and timeMillis must be >= 0, were " + height + " and " + timeMillis);
        }
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(32)
                .array(4)
                .uint(1)
                .uint(phase.number())
                .uint(height)
                .uint(timeMillis)
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the phase
     */
    public static NetworkPhase decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(4).expect(1, "network phase version");
        NetworkPhase value = new NetworkPhase(Phase.of(r.uint(3)), r.uint(), r.uint());
        r.end();
        return value;
    }
}
