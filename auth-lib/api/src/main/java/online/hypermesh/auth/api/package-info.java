/** Who a peer is and what it may do: principals, rules, explained decisions, and the encodings of the ledger's policy. */
@NullMarked
package online.hypermesh.auth.api;

import org.jspecify.annotations.NullMarked;
