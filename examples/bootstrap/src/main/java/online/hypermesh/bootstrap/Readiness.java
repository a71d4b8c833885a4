package online.hypermesh.bootstrap;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A validator's statement that it is ready for a phase; the payload of a transaction to the ledger module {@link
 * NetworkPhaseModule#NAME}. Immutable.
 *
 * @param phase Phase 2 or 3
 */
public record Readiness(Phase phase) {
    /**
     * Checks the phase.
     *
     * @param phase Phase 2 or 3
     */
    public Readiness {
        if (!phase.finalized()) {
            throw new IllegalArgumentException("readiness is attested for phase 2 or 3, was " + phase.number());
        }
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(16).array(3).uint(1).uint(1).uint(phase.number()).toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the statement
     */
    public static Readiness decode(byte[] bytes) {
        CborReader r = new CborReader(bytes)
                .expectArray(3)
                .expect(1, "readiness version")
                .expect(1, "network command");
        Readiness value = new Readiness(Phase.of(r.uint(3)));
        r.end();
        return value;
    }
}
