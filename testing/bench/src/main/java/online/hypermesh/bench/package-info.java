/** Measurements that run the suite and its baselines in turns, in one process. */
@NullMarked
package online.hypermesh.bench;

import org.jspecify.annotations.NullMarked;
