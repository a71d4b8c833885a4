package online.hypermesh.impl.erasure;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Systematic Reed–Solomon coding over GF(2^8) with a Cauchy matrix, laid out in packets of bits (Blömer et al., "An XOR-based
 * erasure-resilient coding scheme", 1995), so that coding is nothing but exclusive-ors. Any {@code dataShards} shards make all
 * others; none of them may be wrong: this tells missing shards from present ones only. Immutable, thread-safe.
 */
public final class ReedSolomon {
    private final ErasurePolicy policy;
    private final XorSchedule encoding;

    /**
     * Prepares coding under a policy.
     *
     * @param policy how many shards
     */
    public ReedSolomon(ErasurePolicy policy) {
        this.policy = policy;
        this.encoding = new XorSchedule(CodingMatrix.parity(policy));
    }

    /**
     * The policy.
     *
     * @return how many shards
     */
    public ErasurePolicy policy() {
        return policy;
    }

    /**
     * Makes the parity of data.
     *
     * @param data the data shards in order, of one length, a multiple of {@link ErasurePolicy#UNIT_BYTES}
     * @return the parity shards in order
     */
    public List<byte[]> parity(List<byte[]> data) {
        if (data.size() != policy.dataShards()) {
            throw new IllegalArgumentException(
                    "parity is made of " + policy.dataShards() + " shards, got " + data.size());
        }
        return run(encoding, data, policy.parityShards());
    }

    /**
     * Makes shards of others.
     *
     * @param given shards by index, at least {@code dataShards} of one length; the first of them are used
     * @param wanted indexes of the shards to make
     * @return the shards wanted, in that order
     */
    public List<byte[]> restore(SortedMap<Integer, byte[]> given, List<Integer> wanted) {
        if (given.size() < policy.dataShards()) {
            throw new IllegalArgumentException(
                    "restoring takes " + policy.dataShards() + " shards, got " + given.size());
        }
        int[] indexes = new int[policy.dataShards()];
        List<byte[]> inputs = new ArrayList<>();
        for (var entry : new TreeMap<>(given).entrySet()) {
            if (inputs.size() < indexes.length) {
                indexes[inputs.size()] = requireIndex(entry.getKey());
                inputs.add(entry.getValue());
            }
        }
        if (wanted.isEmpty()) {
            return List.of();
        }
        int[] outputs = wanted.stream().mapToInt(this::requireIndex).toArray();
        return run(new XorSchedule(CodingMatrix.restoring(policy, indexes, outputs)), inputs, outputs.length);
    }

    private int requireIndex(int index) {
        if (index < 0 || index >= policy.shards()) {
            throw new IllegalArgumentException("shard indexes are in 0.." + (policy.shards() - 1) + ", got " + index);
        }
        return index;
    }

    private static List<byte[]> run(XorSchedule schedule, List<byte[]> inputs, int outputs) {
        int length = inputs.get(0).length;
        for (byte[] input : inputs) {
            if (input.length != length || length == 0 || length % ErasurePolicy.UNIT_BYTES != 0) {
                throw new IllegalArgumentException("shards have one length, a multiple of " + ErasurePolicy.UNIT_BYTES
                        + ", got " + input.length + " and " + length);
            }
        }
        byte[][] out = new byte[outputs][length];
        schedule.run(inputs.toArray(byte[][]::new), out);
        return List.of(out);
    }
}
