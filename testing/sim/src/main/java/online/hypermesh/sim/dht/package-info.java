/** The distributed hash table's production core on a seeded network of thousands of nodes. */
@NullMarked
package online.hypermesh.sim.dht;

import org.jspecify.annotations.NullMarked;
