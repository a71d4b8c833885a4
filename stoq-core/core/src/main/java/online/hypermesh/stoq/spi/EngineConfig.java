package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import java.util.function.Supplier;
import online.hypermesh.stoq.TransportLimits;

/**
 * What an engine needs to know.
 *
 * @param bind IPv6 address; port 0 for any free port
 * @param alpn application protocol, for example {@code stoq/1}; a peer without it is refused
 * @param identity asked at every inbound TLS handshake for the leaf to present
 * @param limits bounds
 */
public record EngineConfig(
        InetSocketAddress bind, String alpn, Supplier<TlsIdentity> identity, TransportLimits limits) {}
