/** What a QUIC engine provides: raw connections and streams, on which STOQ authenticates the peers itself. */
@NullMarked
package online.hypermesh.stoq.spi;

import org.jspecify.annotations.NullMarked;
