/** Stake-weighted Simplex: the pure core that decides, its messages, its vote log and its signing guard. */
@NullMarked
package online.hypermesh.impl.consensus;

import org.jspecify.annotations.NullMarked;
