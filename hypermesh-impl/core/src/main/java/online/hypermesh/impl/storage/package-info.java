/** The embedded segment log, and the stores of blocks and packs on top of it. */
@NullMarked
package online.hypermesh.impl.storage;

import org.jspecify.annotations.NullMarked;
