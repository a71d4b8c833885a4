package online.hypermesh.api.ledger;

import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * A step from a header to a later one of the same chain and epoch: to its child, which names it as {@code previous}, or to any
 * descendant, by a Merkle path (RFC 9162 §2.1.3) to the descendant's {@code ancestorsRoot}. So a few links lead across any
 * number of blocks. Immutable.
 *
 * @param header the later header
 * @param path from the id of the header before, as leaf of its height, to {@code header.ancestorsRoot()}; empty for the child
 */
public record Link(BlockHeader header, List<Digest> path) {
    /**
     * Copies the list.
     *
     * @param header the later header
     * @param path Merkle path, at most {@link AncestorProof#MAX_PATH} hashes
     */
    public Link {
        path = List.copyOf(path);
        if (path.size() > AncestorProof.MAX_PATH) {
            throw new IllegalArgumentException(
                    "a path has at most " + AncestorProof.MAX_PATH + " hashes, got " + path.size());
        }
    }

    /**
     * To a child.
     *
     * @param child names the header before as {@code previous}
     */
    public Link(BlockHeader child) {
        this(child, List.of());
    }

    /**
     * Steps from child to child.
     *
     * @param headers each the child of the one before
     * @return a link to each
     */
    public static List<Link> direct(List<BlockHeader> headers) {
        return headers.stream().map(Link::new).toList();
    }

    /**
     * Whether this leads on from a header.
     *
     * @param before the header
     * @param id its id
     * @return false if it is another chain, or another epoch
     */
    public boolean follows(BlockHeader before, Digest id) {
        if (header.epoch() != before.epoch()) {
            return false;
        }
        return path.isEmpty()
                ? header.height() == before.height() + 1 && header.previous().equals(id)
                : MerkleTree.verify(
                        MerkleTree.leafHash(id.toBytes()),
                        before.height(),
                        header.height(),
                        path,
                        header.ancestorsRoot());
    }

    /**
     * Where links lead.
     *
     * @param from a header
     * @param links from there on, in order
     * @return the last link's header, the first one when there are no links; empty when one does not follow
     */
    public static Optional<BlockHeader> end(BlockHeader from, List<Link> links) {
        BlockHeader at = from;
        for (Link link : links) {
            if (!link.follows(at, at.id())) {
                return Optional.empty();
            }
            at = link.header;
        }
        return Optional.of(at);
    }

    /**
     * Appends the encoding.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        if (path.isEmpty()) {
            header.writeTo(w);
        } else {
            w.array(2);
            header.writeTo(w);
            w.list(path, (o, d) -> o.bytes(d.toBytes()));
        }
    }

    /**
     * Reads a link; nothing is verified.
     *
     * @param r where from
     * @return the link
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     */
    public static Link readFrom(CborReader r) {
        int items = r.array(BlockHeader.ITEMS);
        if (items == BlockHeader.ITEMS) {
            return new Link(BlockHeader.readItems(r));
        }
        if (items != 2) {
            throw new CborException(
                    "a link has 2 items or the " + BlockHeader.ITEMS + " of a header, this has " + items);
        }
        BlockHeader header = BlockHeader.readFrom(r);
        List<Digest> path = r.list(AncestorProof.MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
        if (path.isEmpty()) {
            throw new CborException("a link without a path is a header alone");
        }
        return new Link(header, path);
    }
}
