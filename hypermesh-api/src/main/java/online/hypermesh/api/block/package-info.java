/** Sealed blocks: a public header, a sealed body, and envelopes and group epochs that say who may read it. */
@NullMarked
package online.hypermesh.api.block;

import org.jspecify.annotations.NullMarked;
