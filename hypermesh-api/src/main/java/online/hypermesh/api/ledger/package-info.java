/** Transactions, blocks, authenticated state, receipts and the modules that execute. */
@NullMarked
package online.hypermesh.api.ledger;

import org.jspecify.annotations.NullMarked;
