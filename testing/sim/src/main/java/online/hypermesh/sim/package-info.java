/** A deterministic simulator: the production consensus core under seeded faults, with invariants checked at every step. */
@NullMarked
package online.hypermesh.sim;

import org.jspecify.annotations.NullMarked;
