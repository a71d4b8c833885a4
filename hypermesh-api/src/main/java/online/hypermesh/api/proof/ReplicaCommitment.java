package online.hypermesh.api.proof;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * A registered, node-bound, encoded replica: the root that space proofs lead to, and how the replica was made. Immutable.
 *
 * @param root Merkle root over the leaves of the encoded replica
 * @param content what was encoded: the tagged hash of the list of packs, so that holders of the packs can audit the replica
 * @param salt tells two replicas of one node apart; part of the encoding key
 * @param sectors number of sectors, 1..2^20
 * @param sectorBytes bytes of one sector: 2^14, 2^16, 2^18 or 2^20
 * @param passes passes over each sector, 1..64
 */
public record ReplicaCommitment(Digest root, Digest content, Digest salt, int sectors, int sectorBytes, int passes) {
    /** Most sectors of a replica: 1 TiB in sectors of 1 MiB. */
    public static final int MAX_SECTORS = 1 << 20;

    /** Most passes. */
    public static final int MAX_PASSES = 64;

    /** Sectors of a production network have this many bytes. */
    public static final int PRODUCTION_SECTOR_BYTES = 1 << 20;

    /** Sectors of a production network are encoded in at least this many passes. */
    public static final int PRODUCTION_PASSES = 8;

    /**
     * Checks ranges.
     *
     * @param root root
     * @param content content
     * @param salt salt
     * @param sectors 1..2^20
     * @param sectorBytes 2^14, 2^16, 2^18 or 2^20
     * @param passes 1..64
     */
    public ReplicaCommitment {
        if (sectors < 1 || sectors > MAX_SECTORS) {
            throw new IllegalArgumentException("sectors must be in 1.." + MAX_SECTORS + ", was " + sectors);
        }
        if (!isSectorSize(sectorBytes)) {
            throw new IllegalArgumentException(
                    "sectorBytes must be 16384, 65536, 262144 or 1048576, was " + sectorBytes);
        }
        if (passes < 1 || passes > MAX_PASSES) {
            throw new IllegalArgumentException("passes must be in 1.." + MAX_PASSES + ", was " + passes);
        }
    }

    /**
     * Whether sectors may have this size: 16-byte blocks that fill a square.
     *
     * @param sectorBytes the size
     * @return true if so
     */
    public static boolean isSectorSize(int sectorBytes) {
        return sectorBytes == 1 << 14 || sectorBytes == 1 << 16 || sectorBytes == 1 << 18 || sectorBytes == 1 << 20;
    }

    /**
     * Length of the replica.
     *
     * @return bytes
     */
    public long bytes() {
        return (long) sectors * sectorBytes;
    }

    /**
     * Number of leaves.
     *
     * @return at least 16
     */
    public long leaves() {
        return bytes() / SpaceProof.LEAF_BYTES;
    }

    /**
     * Whether a production network accepts it.
     *
     * @return true for 1 MiB sectors and 8 or more passes
     */
    public boolean isProductionGrade() {
        return sectorBytes >= PRODUCTION_SECTOR_BYTES && passes >= PRODUCTION_PASSES;
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(6)
                .bytes(root.toBytes())
                .bytes(content.toBytes())
                .bytes(salt.toBytes())
                .uint(sectors)
                .uint(sectorBytes)
                .uint(passes);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the commitment
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ReplicaCommitment readFrom(CborReader r) {
        r.expectArray(6);
        return new ReplicaCommitment(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(MAX_SECTORS),
                r.uint(1 << 20),
                r.uint(MAX_PASSES));
    }
}
