package online.hypermesh.impl.proof;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Turns a sector of data into its node-bound form and back. The key is derived from public values, so anyone can encode for
 * any node; the point is that it takes time and cannot be done for one leaf alone.
 *
 * <p>A sector is a square of 16-byte blocks. Each pass runs AES-256-CBC over the whole sector, with the sector's last block as
 * initialization vector, so that no pass can begin before the one before it has ended; between passes the square is transposed,
 * so that a run of blocks depends on blocks from everywhere. Whoever has the data but not the replica must run all passes over
 * the whole sector, one block after the other, to answer for a single leaf of it. Confined to one thread; holds three sectors.
 */
public final class SectorCodec {
    private static final DomainTag KEY_TAG = new DomainTag("hypermesh/proof-sector-key/v1");
    private static final int BLOCK = 16;

    private final byte[] prk;
    private final int sectorBytes;
    private final int passes;
    private final int side;
    private final Cipher cipher;
    private byte[] data;
    private byte[] spare;

    /**
     * Creates a codec for one replica.
     *
     * @param network the network
     * @param node whose replica it is
     * @param salt tells two replicas of one node apart
     * @param sectorBytes 2^14, 2^16, 2^18 or 2^20
     * @param passes 1..64
     */
    public SectorCodec(NetworkId network, NodeId node, Digest salt, int sectorBytes, int passes) {
        if (!ReplicaCommitment.isSectorSize(sectorBytes)) {
            throw new IllegalArgumentException(
                    "sectorBytes must be 16384, 65536, 262144 or 1048576, was " + sectorBytes);
        }
        if (passes < 1 || passes > ReplicaCommitment.MAX_PASSES) {
            throw new IllegalArgumentException(
                    "passes must be in 1.." + ReplicaCommitment.MAX_PASSES + ", was " + passes);
        }
        this.prk = Hashing.hkdfExtract(
                network.digest().toBytes(),
                new CborWriter(80)
                        .array(2)
                        .bytes(node.digest().toBytes())
                        .bytes(salt.toBytes())
                        .toBytes());
        this.sectorBytes = sectorBytes;
        this.passes = passes;
        this.side = (int) Math.round(Math.sqrt(sectorBytes / (double) BLOCK));
        this.data = new byte[sectorBytes];
        this.spare = new byte[sectorBytes];
        try {
            this.cipher = Cipher.getInstance("AES/CBC/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES/CBC/NoPadding is required of every Java platform", e);
        }
    }

    /**
     * Length of a sector.
     *
     * @return bytes
     */
    public int sectorBytes() {
        return sectorBytes;
    }

    /**
     * Encodes a sector.
     *
     * @param index its place in the replica
     * @param plain data of one sector
     * @return the encoded sector, a fresh array
     */
    public byte[] encode(long index, byte[] plain) {
        load(plain);
        SecretKeySpec key = key(index);
        for (int pass = 0; pass < passes; pass++) {
            if (pass > 0) {
                transpose();
            }
            byte[] iv = Arrays.copyOfRange(data, sectorBytes - BLOCK, sectorBytes);
            crypt(Cipher.ENCRYPT_MODE, key, iv);
        }
        return data.clone();
    }

    /**
     * Decodes a sector.
     *
     * @param index its place in the replica
     * @param encoded what {@link #encode} gave
     * @return the data, a fresh array
     */
    public byte[] decode(long index, byte[] encoded) {
        load(encoded);
        SecretKeySpec key = key(index);
        for (int pass = passes - 1; pass >= 0; pass--) {
            // with a zero vector all blocks but the first come out right; the last of them was the vector
            crypt(Cipher.DECRYPT_MODE, key, new byte[BLOCK]);
            for (int i = 0; i < BLOCK; i++) {
                data[i] ^= data[sectorBytes - BLOCK + i];
            }
            if (pass > 0) {
                transpose();
            }
        }
        return data.clone();
    }

    private void load(byte[] sector) {
        if (sector.length != sectorBytes) {
            throw new IllegalArgumentException("a sector has " + sectorBytes + " bytes, got " + sector.length);
        }
        System.arraycopy(sector, 0, data, 0, sectorBytes);
    }

    private SecretKeySpec key(long index) {
        byte[] place = new CborWriter(32)
                .array(3)
                .uint(index)
                .uint(sectorBytes)
                .uint(passes)
                .toBytes();
        return new SecretKeySpec(Hashing.hkdfExpand(prk, KEY_TAG, place, 32), "AES");
    }

    private void crypt(int mode, SecretKeySpec key, byte[] iv) {
        try {
            cipher.init(mode, key, new IvParameterSpec(iv));
            cipher.doFinal(data, 0, sectorBytes, spare, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CBC of a whole number of blocks cannot fail", e);
        }
        swap();
    }

    /** Swaps rows and columns of the square of blocks; its own inverse. */
    private void transpose() {
        for (int row = 0; row < side; row++) {
            for (int column = 0; column < side; column++) {
                System.arraycopy(data, (row * side + column) * BLOCK, spare, (column * side + row) * BLOCK, BLOCK);
            }
        }
        swap();
    }

    private void swap() {
        byte[] other = data;
        data = spare;
        spare = other;
    }
}
