/** The native engine: Netty QUIC over quiche and BoringSSL. */
@NullMarked
package online.hypermesh.stoq.netty;

import org.jspecify.annotations.NullMarked;
