/** Sealed blocks: making, checking and opening them; envelopes and groups of readers. */
@NullMarked
package online.hypermesh.impl.block;

import org.jspecify.annotations.NullMarked;
