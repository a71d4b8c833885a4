package online.hypermesh.node.operation;

import java.util.List;
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
 * @param degraded whether writes are refused, because the quorum is out of reach or its own consensus stopped
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
 * @param contradictions validators that provably contradicted themselves, with the evidence; empty before Phase 2
 * @param warnings what went wrong and is tried again, each with its reason
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
        String waitsFor,
        List<Contradiction> contradictions,
        List<String> warnings) {
    /** Most warnings in one status. */
    public static final int MAX_WARNINGS = 16;

    private static final int MAX_TEXT_BYTES = 4096;

    /**
     * Copies the lists.
     *
     * @param name what people call it
     * @param id its identity
     * @param phase 0..3
     * @param degraded whether writes are refused
     * @param view view of consensus
     * @param finalizedHeight newest finalized block
     * @param finalizedId its id
     * @param stateRoot state after it
     * @param votesAboveView votes only above
     * @param signing whether it signs
     * @param peersReachable validators heard from
     * @param leafNotAfterMillis end of its certificate
     * @param leafIssuer who issued it
     * @param packs packs stored
     * @param packBytes their lengths
     * @param traditionalDns whether it may be asked
     * @param clockMillis its clock
     * @param pid its process
     * @param startedAtMillis its start
     * @param waitsFor what it lacks
     * @param contradictions evidence
     * @param warnings what is tried again
     */
    public NodeStatus {
        contradictions = List.copyOf(contradictions);
        warnings = List.copyOf(warnings);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(512)
                .array(23)
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
                .text(cut(signing))
                .uint(peersReachable)
                .uint(leafNotAfterMillis)
                .text(leafIssuer)
                .uint(packs)
                .uint(packBytes)
                .bool(traditionalDns)
                .uint(clockMillis)
                .uint(pid)
                .uint(startedAtMillis)
                .text(cut(waitsFor))
                .list(contradictions, (o, c) -> c.writeTo(o))
                .list(warnings, (o, t) -> o.text(cut(t)))
                .toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the status
     */
    public static NodeStatus decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(23).expect(1, "status version");
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
                r.text(MAX_TEXT_BYTES),
                r.list(Contradiction.MAX_LISTED, Contradiction::readFrom),
                r.list(MAX_WARNINGS, i -> i.text(MAX_TEXT_BYTES)));
        r.end();
        return status;
    }

    /** Reasons carry texts of the platform, whose length nobody promises. */
    private static String cut(String text) {
        int most = MAX_TEXT_BYTES / 4;
        return text.length() <= most ? text : text.substring(0, most - 3) + "...";
    }
}
