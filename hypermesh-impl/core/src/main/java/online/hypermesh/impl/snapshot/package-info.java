/** Snapshots of the ledger's state: taking them, keeping them, and fetching them from peers that nobody has to trust. */
@NullMarked
package online.hypermesh.impl.snapshot;

import org.jspecify.annotations.NullMarked;
