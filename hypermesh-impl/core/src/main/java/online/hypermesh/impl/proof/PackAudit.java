package online.hypermesh.impl.proof;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import online.hypermesh.api.proof.WorkProgram;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * Verifies a stored pack: reads all of it and gives its SHA-256, which is the pack's id, and the SHA-256 of seed, 32 zero
 * bytes and pack, which cannot be known before the seed. One step hashes 1024 bytes twice. Stateless.
 */
public final class PackAudit implements WorkProgram {
    private static final DomainTag TAG = new DomainTag("hypermesh/work-program/v1");
    private static final int SEGMENT = 1024;
    private static final Digest ID = Hashing.hash(TAG, "pack-audit/1".getBytes(StandardCharsets.US_ASCII));

    /** Creates the program. */
    public PackAudit() {}

    /**
     * The pack's id in an output.
     *
     * @param output what the program gave
     * @return the id
     */
    public static Digest packId(byte[] output) {
        return Digest.of(Arrays.copyOf(output, Digest.LENGTH));
    }

    @Override
    public Digest id() {
        return ID;
    }

    @Override
    public int segmentBytes() {
        return SEGMENT;
    }

    @Override
    public byte[] start(Digest seed, long inputBytes) {
        byte[] first = Arrays.copyOf(seed.toBytes(), Sha256State.BLOCK);
        byte[] keyed = Sha256State.compress(Sha256State.initial(), first, 0, 1);
        return encode(inputBytes, Sha256State.initial(), keyed);
    }

    @Override
    public byte[] step(byte[] state, long index, byte[] segment) {
        CborReader r = new CborReader(state).expectArray(3);
        long inputBytes = r.uint();
        byte[] plain = r.fixedBytes(Sha256State.LENGTH);
        byte[] keyed = r.fixedBytes(Sha256State.LENGTH);
        r.end();
        long expected = Math.min(SEGMENT, inputBytes - index * SEGMENT);
        if (segment.length != expected) {
            throw new IllegalArgumentException(
                    "step " + index + " consumes " + expected + " bytes, got " + segment.length);
        }
        if (index < steps(inputBytes) - 1) {
            int blocks = SEGMENT / Sha256State.BLOCK;
            return encode(
                    inputBytes,
                    Sha256State.compress(plain, segment, 0, blocks),
                    Sha256State.compress(keyed, segment, 0, blocks));
        }
        int whole = segment.length / Sha256State.BLOCK;
        int rest = whole * Sha256State.BLOCK;
        return encode(
                inputBytes,
                Sha256State.finish(
                        Sha256State.compress(plain, segment, 0, whole),
                        segment,
                        rest,
                        segment.length - rest,
                        inputBytes),
                Sha256State.finish(
                        Sha256State.compress(keyed, segment, 0, whole),
                        segment,
                        rest,
                        segment.length - rest,
                        inputBytes + Sha256State.BLOCK));
    }

    @Override
    public byte[] output(byte[] state) {
        CborReader r = new CborReader(state).expectArray(3);
        r.uint();
        byte[] output = Arrays.copyOf(r.fixedBytes(Sha256State.LENGTH), 2 * Sha256State.LENGTH);
        System.arraycopy(r.fixedBytes(Sha256State.LENGTH), 0, output, Sha256State.LENGTH, Sha256State.LENGTH);
        r.end();
        return output;
    }

    @Override
    public long cost(long inputBytes) {
        long padded = (inputBytes + 9 + Sha256State.BLOCK - 1) / Sha256State.BLOCK;
        return 2 * padded + 1;
    }

    private static byte[] encode(long inputBytes, byte[] plain, byte[] keyed) {
        return new CborWriter(80)
                .array(3)
                .uint(inputBytes)
                .bytes(plain)
                .bytes(keyed)
                .toBytes();
    }
}
