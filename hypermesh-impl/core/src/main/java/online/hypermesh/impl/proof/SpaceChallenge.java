package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofVerdict.Rejected;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import org.jspecify.annotations.Nullable;

/**
 * The leaves of a replica that a beacon asks a subject for. They follow from what the subject cannot choose, or it would try
 * nonces until it is asked only for leaves it has. Stateless.
 */
public final class SpaceChallenge {
    private static final DomainTag LABEL = new DomainTag("hypermesh/proof-space/v1");

    /** Gives an encoded sector. */
    @FunctionalInterface
    public interface Sectors {
        /**
         * Reads a sector.
         *
         * @param index its place
         * @return its bytes; empty if they are gone
         */
        Optional<byte[]> read(int index);
    }

    private SpaceChallenge() {}

    /**
     * The leaves asked for, in ascending order.
     *
     * @param context subject and beacon
     * @param commitment the replica
     * @param count how many
     * @return distinct indexes; all leaves if there are no more than that
     */
    public static List<Long> leaves(ProofContext context, ReplicaCommitment commitment, int count) {
        byte[] beacon = context.ambientChallenge(LABEL, 32);
        byte[] challenge = new byte[64];
        System.arraycopy(beacon, 0, challenge, 0, 32);
        System.arraycopy(commitment.root().toBytes(), 0, challenge, 32, 32);
        TreeSet<Long> drawn = Draw.distinct(challenge, count, commitment.leaves());
        return List.copyOf(drawn);
    }

    /**
     * Answers a challenge; reads each challenged sector once, one at a time.
     *
     * @param slot which of the subject's replicas
     * @param tree over the hashes of the sectors
     * @param sectors where the encoded bytes are
     * @param leaves the leaves asked for, in ascending order
     * @param sectorBytes length of a sector
     * @return the proof; empty if bytes are gone
     */
    public static Optional<SpaceProof> answer(
            int slot, HashTree tree, Sectors sectors, List<Long> leaves, int sectorBytes) {
        int perSector = sectorBytes / SpaceProof.LEAF_BYTES;
        List<SpaceProof.Opening> openings = new ArrayList<>();
        int loaded = -1;
        byte[] sector = new byte[0];
        @Nullable HashTree inside = null;
        for (long leaf : leaves) {
            int index = (int) (leaf / perSector);
            if (index != loaded || inside == null) {
                Optional<byte[]> read = sectors.read(index);
                if (read.isEmpty() || read.get().length != sectorBytes) {
                    return Optional.empty();
                }
                sector = read.get();
                inside = ReplicaEncoder.leafTree(sector);
                loaded = index;
            }
            int place = (int) (leaf % perSector);
            byte[] bytes = new byte[SpaceProof.LEAF_BYTES];
            System.arraycopy(sector, place * SpaceProof.LEAF_BYTES, bytes, 0, bytes.length);
            List<Digest> path = new ArrayList<>(inside.path(place));
            path.addAll(tree.path(index));
            openings.add(new SpaceProof.Opening(bytes, path));
        }
        return Optional.of(new SpaceProof(slot, openings));
    }

    /** Whether the opened leaves lie under the commitment where the beacon asks. */
    static Optional<Rejected> check(SpaceProof proof, ReplicaCommitment commitment, List<Long> leaves) {
        PathFold fold = new PathFold();
        for (int i = 0; i < leaves.size(); i++) {
            SpaceProof.Opening opening = proof.openings().get(i);
            if (!fold.leads(opening.leaf(), leaves.get(i), commitment.leaves(), opening.path(), commitment.root())) {
                return Optional.of(new Rejected(
                        RejectReason.SPACE_LEAF_WRONG,
                        "leaf " + leaves.get(i) + " does not lie under the registered root "
                                + commitment.root().toShortHex()));
            }
        }
        return Optional.empty();
    }

    /**
     * What a holder of the original data can check in addition: that the opened leaves are the encoding of that data, and not
     * of something else the subject registered.
     *
     * @param proof one whose leaves lie under the commitment
     * @param leaves the leaves asked for
     * @param plain gives original sectors; a sector that is empty here is not audited
     * @param codec of the replica
     * @return indexes of leaves that are not what the data gives
     */
    public static List<Long> audit(SpaceProof proof, List<Long> leaves, Sectors plain, SectorCodec codec) {
        int perSector = codec.sectorBytes() / SpaceProof.LEAF_BYTES;
        List<Long> wrong = new ArrayList<>();
        int loaded = -1;
        Optional<byte[]> encoded = Optional.empty();
        for (int i = 0; i < leaves.size(); i++) {
            int index = (int) (leaves.get(i) / perSector);
            if (index != loaded) {
                encoded = plain.read(index).map(data -> codec.encode(index, data));
                loaded = index;
            }
            int from = (int) (leaves.get(i) % perSector) * SpaceProof.LEAF_BYTES;
            byte[] leaf = proof.openings().get(i).leaf();
            if (encoded.isPresent()
                    && !Arrays.equals(
                            encoded.get(), from, from + SpaceProof.LEAF_BYTES, leaf, 0, SpaceProof.LEAF_BYTES)) {
                wrong.add(leaves.get(i));
            }
        }
        return wrong;
    }
}
