package online.hypermesh.node.service;

import java.util.Optional;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * What validators tell each other about themselves, whatever the standing: enough to see who is there, whose leaf counts and
 * which phase the network has proven to be in. Believed only as far as it is proven. Immutable.
 *
 * @param phase the node's own phase, 0..3
 * @param finalizedHeight height of its newest finalized block
 * @param clockMillis its clock, milliseconds since 1970
 * @param leaf the leaf it presents to new connections, DER
 * @param staple the evidence it presents with it, possibly empty
 * @param networkPhase proof of the network's phase, once it has one
 */
record Presence(
        int phase,
        long finalizedHeight,
        long clockMillis,
        byte[] leaf,
        byte[] staple,
        Optional<StateProof> networkPhase) {
    static final int SERVICE = 31;
    static final int MAX_REQUEST_BYTES = 16;

    private static final int MAX_LEAF_BYTES = 8192;
    private static final int MAX_STAPLE_BYTES = 16_384;
    private static final int MAX_PROOF_BYTES = 1 << 20;

    byte[] encode() {
        CborWriter w = new CborWriter(4096)
                .array(7)
                .uint(1)
                .uint(phase)
                .uint(finalizedHeight)
                .uint(clockMillis)
                .bytes(leaf)
                .bytes(staple);
        networkPhase.map(StateProof::encode).ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    static Presence decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(7).expect(1, "presence version");
        Presence presence = new Presence(
                r.uint(3),
                r.uint(),
                r.uint(),
                r.bytes(MAX_LEAF_BYTES),
                r.bytes(MAX_STAPLE_BYTES),
                r.nil() ? Optional.empty() : Optional.of(StateProof.decode(r.bytes(MAX_PROOF_BYTES))));
        r.end();
        return presence;
    }
}
