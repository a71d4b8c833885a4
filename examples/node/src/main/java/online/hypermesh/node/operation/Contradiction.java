package online.hypermesh.node.operation;

import java.time.Instant;
import java.util.OptionalInt;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A validator that signed what no honest validator signs together, and when this node saw it. Whoever has the founding
 * document can check it and needs to believe nobody. Immutable.
 *
 * @param validator who signed both
 * @param atMillis when this node saw it, milliseconds since 1970
 * @param equivocation the proof
 */
public record Contradiction(NodeId validator, long atMillis, Equivocation equivocation) {
    /** Most contradictions in one list: one per validator. */
    public static final int MAX_LISTED = 1000;

    /**
     * Whether it proves what it says.
     *
     * @param genesis the founding document
     * @return true if both signatures are that validator's
     */
    public boolean holds(Genesis genesis) {
        ValidatorSet set = ValidatorSet.of(genesis);
        OptionalInt index = set.indexOf(validator);
        return index.isPresent()
                && equivocation.validator() == index.getAsInt()
                && equivocation.verify(genesis.networkId(), set).accepted();
    }

    /**
     * What happened, for people.
     *
     * @return a clause that names offence, view, blocks and time
     */
    public String text() {
        return "it signed " + equivocation.first().kind() + " for "
                + equivocation.first().blockId().toShortHex() + " and "
                + equivocation.second().kind() + " for "
                + equivocation.second().blockId().toShortHex() + " in view "
                + equivocation.view() + ", seen at " + Instant.ofEpochMilli(atMillis);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(3).bytes(validator.digest().toBytes()).uint(atMillis);
        equivocation.writeTo(w);
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the contradiction, not verified
     */
    public static Contradiction readFrom(CborReader r) {
        r.expectArray(3);
        return new Contradiction(
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))), r.uint(), Equivocation.readFrom(r));
    }
}
