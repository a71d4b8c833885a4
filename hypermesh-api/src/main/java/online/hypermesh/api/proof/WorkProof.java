package online.hypermesh.api.proof;

import java.util.Optional;
import java.util.OptionalLong;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;

/**
 * What: a solved admission puzzle, a receipt for an executed program, or both. The puzzle shows only that processor time was
 * spent; what the receipt shows is written at {@link WorkReceipt}. Immutable.
 *
 * @param puzzle the puzzle's solution, if one is given
 * @param receipt the receipt, if one is given
 */
public record WorkProof(OptionalLong puzzle, Optional<WorkReceipt> receipt) implements ConsensusProof {
    /** Label of the challenge the puzzle is set with. */
    public static final DomainTag PUZZLE_LABEL = new DomainTag("hypermesh/proof-puzzle/v1");

    /** Label of the challenge that seeds a program. */
    public static final DomainTag SEED_LABEL = new DomainTag("hypermesh/proof-work-seed/v1");

    static final int TYPE = 3;
    static final int ITEMS = 3;

    /**
     * Checks that the proof holds something.
     *
     * @param puzzle solution, at least 0
     * @param receipt receipt
     */
    public WorkProof {
        if (puzzle.isEmpty() && receipt.isEmpty()) {
            throw new IllegalArgumentException("a work proof holds a puzzle's solution, a receipt, or both");
        }
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.array(ITEMS).uint(TYPE);
        puzzle.ifPresentOrElse(w::uint, w::nil);
        receipt.ifPresentOrElse(value -> value.writeTo(w), w::nil);
    }

    static WorkProof readBody(CborReader r) {
        OptionalLong puzzle = r.nil() ? OptionalLong.empty() : OptionalLong.of(r.uint());
        return new WorkProof(puzzle, r.nil() ? Optional.empty() : Optional.of(WorkReceipt.readFrom(r)));
    }
}
