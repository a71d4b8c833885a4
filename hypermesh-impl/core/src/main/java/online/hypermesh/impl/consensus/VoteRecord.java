package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** What a validator remembers across restarts, one canonical CBOR array each. */
public sealed interface VoteRecord {
    /** Most batches let go at once: all that can be held. */
    int MAX_LET = 1 << 16;

    /**
     * The validator votes only in views above this one, and says nothing about what it did up to it.
     *
     * @param position the view and its epoch
     */
    record Floor(EpochView position) implements VoteRecord {}

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
     * Votes of an earlier life that no log remembers may be of this epoch too: the validator asks before it votes in it.
     *
     * @param epoch the epoch after one in which it rejoined
     */
    record RejoinOwed(long epoch) implements VoteRecord {}

    /**
     * A batch that it promises to hold.
     *
     * @param batch checked
     */
    record Held(Batch batch) implements VoteRecord {}

    /**
     * Batches that it need not hold any more: everything in them is final, or can never be.
     *
     * @param batches their ids, at most {@link #MAX_LET}
     */
    record Let(List<Digest> batches) implements VoteRecord {
        /**
         * Copies the list.
         *
         * @param batches their ids
         */
        public Let {
            batches = List.copyOf(batches);
        }
    }

    /**
     * The view it speaks of.
     *
     * @return with its epoch
     */
    default EpochView at() {
        if (this instanceof Floor r) {
            return r.position();
        }
        if (this instanceof Cast r) {
            return of(r.vote().statement());
        }
        if (this instanceof Entry r) {
            return of(r.certificate().statement());
        }
        if (this instanceof RejoinOwed r) {
            return new EpochView(r.epoch(), 0);
        }
        if (this instanceof Held r) {
            return new EpochView(r.batch().epoch(), Long.MAX_VALUE);
        }
        if (this instanceof Let) {
            return EpochView.START;
        }
        BlockHeader h = ((Kept) this).block().header();
        return new EpochView(h.epoch(), h.view());
    }

    private static EpochView of(VoteStatement s) {
        return new EpochView(s.epoch(), s.view());
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    default void writeTo(CborWriter w) {
        if (this instanceof Floor r) {
            w.array(3).uint(1).uint(r.position().epoch()).uint(r.position().view());
            return;
        }
        w.array(2);
        if (this instanceof Cast r) {
            w.uint(2);
            r.vote().writeTo(w);
        } else if (this instanceof Entry r) {
            w.uint(3);
            r.certificate().writeTo(w);
        } else if (this instanceof Kept r) {
            w.uint(4);
            r.block().writeTo(w);
        } else if (this instanceof RejoinOwed r) {
            w.uint(5).uint(r.epoch());
        } else if (this instanceof Held r) {
            w.uint(6);
            r.batch().writeTo(w);
        } else if (this instanceof Let r) {
            w.uint(7).list(r.batches(), (o, id) -> o.bytes(id.toBytes()));
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
        int items = r.array(3);
        int type = r.uint(255);
        return switch (type * 16 + items) {
            case 0x13 -> new Floor(new EpochView(r.uint(), r.uint()));
            case 0x22 -> new Cast(Vote.readFrom(r));
            case 0x32 -> new Entry(Certificate.readFrom(r));
            case 0x42 -> new Kept(Block.readFrom(r, parameters.maxTransactionBytes()));
            case 0x52 -> new RejoinOwed(r.uint());
            case 0x62 -> new Held(Batch.readFrom(r, parameters.maxTransactionBytes()));
            case 0x72 -> new Let(r.list(MAX_LET, i -> Digest.of(i.fixedBytes(Digest.LENGTH))));
            default -> throw new CborException("vote record of type " + type + " with " + items + " items");
        };
    }
}
