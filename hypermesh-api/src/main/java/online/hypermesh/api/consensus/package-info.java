/** Validator sets, votes, certificates and the running consensus validator. */
@NullMarked
package online.hypermesh.api.consensus;

import org.jspecify.annotations.NullMarked;
