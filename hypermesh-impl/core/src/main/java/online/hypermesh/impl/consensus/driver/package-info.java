/** Runs the consensus core on one thread with files, peers and clocks, and offers the ledger to the application. */
@NullMarked
package online.hypermesh.impl.consensus.driver;

import org.jspecify.annotations.NullMarked;
