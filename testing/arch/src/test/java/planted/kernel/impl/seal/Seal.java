package planted.kernel.impl.seal;

import planted.kernel.impl.ledger.Tree;

/** Violation: sees a package on a later step. */
public interface Seal {
    void accept(Tree tree);
}
