package online.hypermesh.api.proof;

import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What the ledger records about a node that proves: its stake, its keys, its replicas. The anchor of a bundle proves this
 * record, or its absence, under a finalized state root. Immutable.
 *
 * @param stake units of stake; 0 without any
 * @param unlockHeight height before which the stake cannot leave
 * @param stakeKey key that controls the stake, if there is stake
 * @param vrf key for verifiable random outputs, if registered
 * @param replicas registered replicas, each with the height of its registration
 */
public record Participant(
        long stake, long unlockHeight, Optional<VerifyKey> stakeKey, Optional<VrfKey> vrf, List<Replica> replicas) {
    /** Name of the ledger module that keeps these records. */
    public static final String MODULE = "proofs";

    /** Most replicas of one node. */
    public static final int MAX_REPLICAS = 8;

    /** Length of a compressed P-256 point in bytes. */
    public static final int VRF_KEY_LENGTH = 33;

    /** Whoever is not recorded. */
    public static final Participant NONE = new Participant(0, 0, Optional.empty(), Optional.empty(), List.of());

    /**
     * A key for verifiable random outputs. Only beacons later than its registration count, so that nobody chooses a key for a
     * known beacon.
     *
     * @param key compressed P-256 point
     * @param height when it was registered
     */
    public record VrfKey(byte[] key, long height) {
        /**
         * Checks the length and copies.
         *
         * @param key 33 bytes
         * @param height at least 0
         */
        public VrfKey {
            if (key.length != VRF_KEY_LENGTH) {
                throw new IllegalArgumentException("a VRF key has 33 bytes, got " + key.length);
            }
            key = key.clone();
        }

        @Override
        public byte[] key() {
            return key.clone();
        }
    }

    /**
     * A registered replica.
     *
     * @param commitment what was registered
     * @param height when
     */
    public record Replica(ReplicaCommitment commitment, long height) {}

    /**
     * Checks ranges and copies.
     *
     * @param stake at least 0
     * @param unlockHeight at least 0
     * @param stakeKey key
     * @param vrf key
     * @param replicas at most 8
     */
    public Participant {
        if (stake < 0 || unlockHeight < 0) {
            throw new IllegalArgumentException(
                    "stake and unlockHeight must be >= 0, were " + stake + " and " + unlockHeight);
        }
        if (replicas.size() > MAX_REPLICAS) {
            throw new IllegalArgumentException(replicas.size() + " replicas, limit " + MAX_REPLICAS);
        }
        replicas = List.copyOf(replicas);
    }

    /**
     * Where a node's record lies in the module's key space.
     *
     * @param node the node
     * @return the key
     */
    public static byte[] key(NodeId node) {
        return new CborWriter(40)
                .array(2)
                .uint(0)
                .bytes(node.digest().toBytes())
                .toBytes();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(256).array(6).uint(1).uint(stake).uint(unlockHeight);
        stakeKey.ifPresentOrElse(k -> w.bytes(k.toBytes()), w::nil);
        vrf.ifPresentOrElse(v -> w.array(2).bytes(v.key()).uint(v.height()), w::nil);
        w.list(replicas, (o, replica) -> {
            o.array(2);
            replica.commitment().writeTo(o);
            o.uint(replica.height());
        });
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the record
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Participant decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(6).expect(1, "participant version");
        Participant participant = new Participant(
                r.uint(),
                r.uint(),
                r.nil() ? Optional.empty() : Optional.of(VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH))),
                r.nil() ? Optional.empty() : Optional.of(readVrf(r)),
                r.list(MAX_REPLICAS, i -> {
                    i.expectArray(2);
                    return new Replica(ReplicaCommitment.readFrom(i), i.uint());
                }));
        r.end();
        return participant;
    }

    private static VrfKey readVrf(CborReader r) {
        r.expectArray(2);
        return new VrfKey(r.fixedBytes(VRF_KEY_LENGTH), r.uint());
    }
}
