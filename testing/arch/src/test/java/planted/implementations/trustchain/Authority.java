package planted.implementations.trustchain;

import planted.implementations.impl.ledger.Tree;

/** Violation: an implementation sees a lower implementation. */
public interface Authority {
    void accept(Tree tree);
}
