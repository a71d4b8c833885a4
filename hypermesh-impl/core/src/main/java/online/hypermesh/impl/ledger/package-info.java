/** The tree of blocks, deterministic execution, the authenticated state and its proofs. */
@NullMarked
package online.hypermesh.impl.ledger;

import org.jspecify.annotations.NullMarked;
