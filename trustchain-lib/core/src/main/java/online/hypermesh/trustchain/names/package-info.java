/** The ledger's name module and the resolver that follows the phases. */
@NullMarked
package online.hypermesh.trustchain.names;

import org.jspecify.annotations.NullMarked;
