/** The append-only Merkle log of issued leaves and its proofs. */
@NullMarked
package online.hypermesh.trustchain.api.log;

import org.jspecify.annotations.NullMarked;
