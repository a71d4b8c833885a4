package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** What a validator remembers across restarts, one canonical CBOR array each. */
public sealed interface VoteRecord {
    /**
     * The validator votes only in views above this one, and says nothing about what it did up to it.
     *
     * @param view at least 0
     */
    record Floor(long view) implements VoteRecord {}

    /**
     * A vote of its own.
     *
     * @param vote the vote
     */
    record Cast(Vote vote) implements VoteRecord {}

    /**
     * The certificate with which it entered the view after.
     *
     * @param certificate verified
     */
    record Entry(Certificate certificate) implements VoteRecord {}

    /**
     * A block it voted for, so that a block a quorum voted for survives the stop of every validator.
     *
     * @param block checked
     */
    record Kept(Block block) implements VoteRecord {}

    /**
     * The view it speaks of.
     *
     * @return at least 0
     */
    default long view() {
        if (this instanceof Floor r) {
            return r.view();
        }
        if (this instanceof Cast r) {
            return r.vote().view();
        }
        if (this instanceof Entry r) {
            return r.certificate().statement().view();
        }
        return ((Kept) this).block().header().view();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    default void writeTo(CborWriter w) {
        w.array(2);
        if (this instanceof Floor r) {
            w.uint(1).uint(r.view());
        } else if (this instanceof Cast r) {
            w.uint(2);
            r.vote().writeTo(w);
        } else if (this instanceof Entry r) {
            w.uint(3);
            r.certificate().writeTo(w);
        } else if (this instanceof Kept r) {
            w.uint(4);
            r.block().writeTo(w);
        }
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @param parameters limits of blocks and transactions
     * @return the record
     */
    static VoteRecord readFrom(CborReader r, Parameters parameters) {
        r.expectArray(2);
        int type = r.uint(255);
        return switch (type) {
            case 1 -> new Floor(r.uint());
            case 2 -> new Cast(Vote.readFrom(r));
            case 3 -> new Entry(Certificate.readFrom(r));
            case 4 -> new Kept(Block.readFrom(r, parameters.maxTransactionBytes()));
            default -> throw new CborException("vote record of type " + type);
        };
    }
}
