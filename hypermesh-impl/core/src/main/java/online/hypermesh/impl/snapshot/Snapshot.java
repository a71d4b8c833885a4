package online.hypermesh.impl.snapshot;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.AncestorIndex;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.SnapshotSchedule;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateSkeleton;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * What a snapshot is of, with proof: the state after a finalized block, as the block after it names it. The state itself comes
 * in parts, each of which proves itself by the skeleton. Format in {@code docs/spec/snapshot.md}. Immutable.
 *
 * @param base the block; it does not end its epoch, and one more than its height is a multiple of {@value AncestorIndex#CHUNK}
 * @param child the block after it, which names the root of the state
 * @param certificate finality of the child, or of a descendant
 * @param links from the child to the header the certificate names
 * @param frontier of the ids of all blocks up to the base
 * @param skeleton the top of the state's tree
 */
public record Snapshot(
        BlockHeader base,
        BlockHeader child,
        Certificate certificate,
        List<Link> links,
        AncestorFrontier frontier,
        StateSkeleton skeleton) {
    /** Longest encoding in bytes. */
    public static final int MAX_BYTES = 6 << 20;

    private static final int VERSION = 1;
    private static final int MAX_PEAKS = 63;

    /**
     * Copies the list.
     *
     * @param base the block
     * @param child the block after it
     * @param certificate finality of the child
     * @param links to the header the certificate names
     * @param frontier of the ids of all blocks up to the base
     * @param skeleton the top of the state's tree
     */
    public Snapshot {
        links = List.copyOf(links);
    }

    /**
     * Whether a snapshot may be taken after a block.
     *
     * @param header the block's
     * @return false where it ends its epoch, and for most heights
     */
    public static boolean isPossibleAfter(BlockHeader header) {
        return SnapshotSchedule.isPossibleAfter(header);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w =
                new CborWriter(4096 + skeleton.parts().size() * 40).array(8).uint(VERSION);
        base.writeTo(w);
        child.writeTo(w);
        certificate.writeTo(w);
        w.list(links, (o, l) -> l.writeTo(o));
        w.uint(frontier.size());
        w.list(frontier.peaks(), (o, p) -> o.bytes(p.toBytes()));
        skeleton.writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode} wrote
     * @return the snapshot
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Snapshot decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(8).expect(VERSION, "snapshot version");
        BlockHeader base = BlockHeader.readFrom(r);
        BlockHeader child = BlockHeader.readFrom(r);
        Certificate certificate = Certificate.readFrom(r);
        List<Link> links = r.list(Receipt.MAX_LINKS, Link::readFrom);
        long size = r.uint();
        List<Digest> peaks = r.list(MAX_PEAKS, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
        Snapshot snapshot = new Snapshot(
                base, child, certificate, links, AncestorFrontier.of(size, peaks), StateSkeleton.readFrom(r));
        r.end();
        return snapshot;
    }

    /**
     * Height of the block after which the state is.
     *
     * @return one less than a multiple of {@value AncestorIndex#CHUNK}
     */
    public long height() {
        return base.height();
    }

    /**
     * Checks everything but the finality of the child: whether all parts belong to it.
     *
     * @param network the network
     * @return accepted, or the first failed check
     */
    public Verdict consistency(NetworkId network) {
        if (!base.network().equals(network) || !child.network().equals(network)) {
            return Verdict.rejected(Code.WRONG_NETWORK, "the snapshot is of network " + base.network());
        }
        if (!isPossibleAfter(base)) {
            return Verdict.rejected(Code.INVALID_PROOF, "no snapshot is taken after height " + base.height());
        }
        if (!child.previous().equals(base.id())
                || child.height() != base.height() + 1
                || child.epoch() != base.epoch()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "the snapshot's second header is not that of the block after its base");
        }
        if (frontier.size() != child.height() || !frontier.root().equals(child.ancestorsRoot())) {
            return Verdict.rejected(Code.INVALID_PROOF, "the frontier is not that of the block's ancestors");
        }
        return skeleton.root().equals(child.parentStateRoot())
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the skeleton's root " + skeleton.root().toShortHex() + " is not the state's, "
                                + child.parentStateRoot().toShortHex());
    }

    /**
     * Checks everything.
     *
     * @param believed knows the validators of the snapshot's epoch
     * @param network the network
     * @return accepted, or the first failed check; NOT_FOUND when the epoch's validators are not known
     */
    public Verdict verdict(CertificateLightClient believed, NetworkId network) {
        Verdict verdict = consistency(network);
        return verdict.accepted() ? believed.finality(child, certificate, links) : verdict;
    }

    /**
     * With the state.
     *
     * @param state put together from all parts
     * @return what a ledger begins with
     */
    public StateBase with(StateTree state) {
        return new StateBase(base, state, frontier, child.parentReceiptsRoot());
    }
}
