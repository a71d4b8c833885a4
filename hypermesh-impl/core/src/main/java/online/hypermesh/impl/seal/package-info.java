/** Sealing: authenticated encryption in segments, compression and padding beneath it, and envelopes that wrap keys to recipients. */
@NullMarked
package online.hypermesh.impl.seal;

import org.jspecify.annotations.NullMarked;
