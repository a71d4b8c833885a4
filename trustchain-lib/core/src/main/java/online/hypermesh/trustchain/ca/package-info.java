/** Issuing leaves, requesting them, holding them, and recording them in the ledger. */
@NullMarked
package online.hypermesh.trustchain.ca;

import org.jspecify.annotations.NullMarked;
