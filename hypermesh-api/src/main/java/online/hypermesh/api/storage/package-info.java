/** Durable storage of blocks and sealed packs. */
@NullMarked
package online.hypermesh.api.storage;

import org.jspecify.annotations.NullMarked;
