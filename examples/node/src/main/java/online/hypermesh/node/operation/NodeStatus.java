package online.hypermesh.node.operation;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Where a node stands. Immutable.
 *
 * @param name what people call it
 * @param id its identity
 * @param phase 0..3
 * @param degraded whether the quorum is out of reach, so that writes are refused
 * @param view current view of consensus
 * @param finalizedHeight height of its newest finalized block
 * @param finalizedId id of that block
 * @param stateRoot root of the state after it
 * @param votesAboveView it votes only in views above this
 * @param signing whether it signs votes, and if not why
 * @param peersReachable validators heard from lately, itself included
 * @param leafNotAfterMillis end of its certificate's validity, milliseconds since 1970
 * @param leafIssuer who issued its certificate; its own name while self-signed
 * @param packs number of packs stored
 * @param packBytes sum of their lengths
 * @param traditionalDns whether the traditional name system may still be asked
 * @param clockMillis its clock, milliseconds since 1970
 * @param pid its process
 * @param startedAtMillis when it started, milliseconds since 1970
 * @param waitsFor facts that the next phase waits for, each with what to do about it; why the node is DEGRADED or its phase
 *     stands still for good; empty when all is well
 */
public record NodeStatus(
        String name,
        NodeId id,
        int phase,
        boolean degraded,
        long view,
        long finalizedHeight,
        Digest finalizedId,
        Digest stateRoot,
        long votesAboveView,
        String signing,
        int peersReachable,
        long leafNotAfterMillis,
        String leafIssuer,
        long packs,
        long packBytes,
        boolean traditionalDns,
        long clockMillis,
        long pid,
        long startedAtMillis,
        String waitsFor) {
    private static final int MAX_TEXT_BYTES = 4096;

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(512)
                .array(21)
                .uint(1)
                .text(name)
                .bytes(id.digest().toBytes())
                .uint(phase)
                .bool(degraded)
                .uint(view)
                .uint(finalizedHeight)
                .bytes(finalizedId.toBytes())
                .bytes(stateRoot.toBytes())
                .uint(votesAboveView)
                .text(signing)
                .uint(peersReachable)
                .uint(leafNotAfterMillis)
                .text(leafIssuer)
                .uint(packs)
                .uint(packBytes)
                .bool(traditionalDns)
                .uint(clockMillis)
                .uint(pid)
                .uint(startedAtMillis)
                .text(waitsFor)
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the status
     */
    public static NodeStatus decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(21).expect(1, "status version");
        NodeStatus status = new NodeStatus(
                r.text(63),
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                r.uint(3),
                r.bool(),
                r.uint(),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(),
                r.text(MAX_TEXT_BYTES),
                r.uint(1000),
                r.uint(),
                r.text(128),
                r.uint(),
                r.uint(),
                r.bool(),
                r.uint(),
                r.uint(),
                r.uint(),
                r.text(MAX_TEXT_BYTES));
        r.end();
        return status;
    }
}
