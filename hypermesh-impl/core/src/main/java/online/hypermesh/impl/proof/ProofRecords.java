package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofPolicy;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The keys and values of {@link ProofModule} in the state: participants (0), policy (1), accepted contexts (2), grants (3),
 * what expires when (4), how far the forgetting went (5), leadership (6). Stateless.
 */
public final class ProofRecords {
    /** Most contexts that may expire at one height; keeps the record of what to forget small. */
    static final int MAX_PER_HEIGHT = 256;

    private ProofRecords() {}

    /**
     * The policy in force.
     *
     * @param proofs the module's key space
     * @return the policy; {@link ProofPolicy#NONE} until one is set
     */
    public static ProofPolicy policy(StateReader proofs) {
        return proofs.get(key(1)).map(ProofPolicy::decode).orElse(ProofPolicy.NONE);
    }

    /**
     * A node's record.
     *
     * @param proofs the module's key space
     * @param node the node
     * @return the record; {@link Participant#NONE} without one
     */
    public static Participant participant(StateReader proofs, NodeId node) {
        return proofs.get(Participant.key(node)).map(Participant::decode).orElse(Participant.NONE);
    }

    /**
     * Whether a bundle for an operation was accepted and has not expired.
     *
     * @param proofs the module's key space
     * @param subject whose operation
     * @param operationType what kind
     * @param operation its hash
     * @param height the height of acceptance
     * @return true if so
     */
    public static boolean isGranted(
            StateReader proofs, NodeId subject, String operationType, Digest operation, long height) {
        return proofs.get(grantKey(subject, operationType, operation))
                .map(value -> new CborReader(value).uint() >= height)
                .orElse(false);
    }

    /**
     * Whether a node may lead in an epoch: the policy asks for nothing, or the node's bundle for it was accepted in the epoch
     * before. Evaluate it at an epoch's boundary, from finalized state only.
     *
     * @param proofs the module's key space
     * @param node the node
     * @param epoch the epoch
     * @return true if so
     */
    public static boolean mayLead(StateReader proofs, NodeId node, long epoch) {
        return policy(proofs).requirement(ProofPolicy.LEADERSHIP).isEmpty()
                || proofs.get(key(6, node.digest()))
                        .map(value -> new CborReader(value).uint() == epoch)
                        .orElse(false);
    }

    static boolean isAccepted(StateReader proofs, Digest contextId) {
        return proofs.get(key(2, contextId)).isPresent();
    }

    static void putPolicy(StateWriter state, ProofPolicy policy) {
        state.put(key(1), policy.encode());
    }

    static void putLeadership(StateWriter state, NodeId node, long epoch) {
        state.put(key(6, node.digest()), new CborWriter().uint(epoch).toBytes());
    }

    /** Whether one more context may expire at that height. */
    static boolean hasRoom(StateReader state, long expiryHeight) {
        return expiring(state, expiryHeight).size() < MAX_PER_HEIGHT;
    }

    static void accept(StateWriter state, ProofContext context, long height) {
        Digest id = context.id();
        byte[] expiry = new CborWriter().uint(context.expiryHeight()).toBytes();
        byte[] grant = grantKey(context.subjectId(), context.operationType(), context.operation());
        state.put(key(2, id), expiry);
        state.put(grant, expiry);
        List<byte[]> keys = new ArrayList<>(expiring(state, context.expiryHeight()));
        keys.add(new CborWriter(160).array(2).bytes(id.toBytes()).bytes(grant).toBytes());
        state.put(heightKey(context.expiryHeight()), encode(keys));
        state.put(
                key(5),
                new CborWriter().array(2).uint(forgotten(state)).uint(height).toBytes());
    }

    /** Forgets contexts and grants that expired before a height; at most a window's worth of heights. */
    static void forget(StateWriter state, long height) {
        long from = forgotten(state) + 1;
        long lastAccepted = state.get(key(5))
                .map(value -> {
                    CborReader r = new CborReader(value).expectArray(2);
                    r.uint();
                    return r.uint();
                })
                .orElse(0L);
        // nothing expires later than a window after the last acceptance
        long to = Math.min(height - 1, lastAccepted + ProofRequirement.MAX_WINDOW_HEIGHTS);
        for (long expired = from; expired <= to; expired++) {
            for (byte[] entry : expiring(state, expired)) {
                CborReader r = new CborReader(entry).expectArray(2);
                state.remove(key(2, Digest.of(r.fixedBytes(Digest.LENGTH))));
                state.remove(r.bytes(256));
            }
            state.remove(heightKey(expired));
        }
        if (height - 1 >= from) {
            state.put(
                    key(5),
                    new CborWriter()
                            .array(2)
                            .uint(height - 1)
                            .uint(lastAccepted)
                            .toBytes());
        }
    }

    private static long forgotten(StateReader state) {
        return state.get(key(5))
                .map(value -> new CborReader(value).expectArray(2).uint())
                .orElse(0L);
    }

    private static List<byte[]> expiring(StateReader state, long height) {
        return state.get(heightKey(height))
                .map(value -> new CborReader(value).list(MAX_PER_HEIGHT, r -> r.bytes(256)))
                .orElse(List.of());
    }

    private static byte[] encode(List<byte[]> keys) {
        return new CborWriter(keys.size() * 160 + 8)
                .list(keys, CborWriter::bytes)
                .toBytes();
    }

    private static byte[] grantKey(NodeId subject, String type, Digest operation) {
        return new CborWriter(160)
                .array(4)
                .uint(3)
                .bytes(subject.digest().toBytes())
                .text(type)
                .bytes(operation.toBytes())
                .toBytes();
    }

    private static byte[] heightKey(long height) {
        return new CborWriter().array(2).uint(4).uint(height).toBytes();
    }

    private static byte[] key(int kind) {
        return new CborWriter().array(1).uint(kind).toBytes();
    }

    private static byte[] key(int kind, Digest digest) {
        return new CborWriter(40).array(2).uint(kind).bytes(digest.toBytes()).toBytes();
    }
}
