package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.TransportLimits;

/**
 * What an engine needs to know.
 *
 * @param bind IPv6 address; port 0 for any free port
 * @param protocols application protocols (ALPN) that are served, most wanted first, for example {@code stoq/1}; a client
 *     that offers none of them is refused in TLS
 * @param identity asked at every inbound TLS handshake for the leaf to present
 * @param sessions asked at every TLS handshake, on either side, by an engine that resumes TLS sessions: one may be resumed
 *     while the number is what it was when the session began, and by a server only under the identity it began with; none is
 *     resumed while there is no number
 * @param postQuantum what is asked of the confidentiality of connections; with OFF a dialing engine does without the cost of
 *     a post-quantum exchange
 * @param limits bounds
 * @param insecureExport where qlog files and TLS keys are written, if at all
 */
public record EngineConfig(
        InetSocketAddress bind,
        List<String> protocols,
        Supplier<TlsIdentity> identity,
        Supplier<OptionalLong> sessions,
        PostQuantum postQuantum,
        TransportLimits limits,
        Optional<Path> insecureExport) {
    /** Bytes that a client may send on streams of its own before it has proven who it is. */
    public static final int EARLY_BYTES = 64 << 10;

    /**
     * Copies the protocols.
     *
     * @param bind address
     * @param protocols protocols
     * @param identity source of leaves
     * @param sessions which TLS sessions may be resumed
     * @param postQuantum policy
     * @param limits bounds
     * @param insecureExport directory
     */
    public EngineConfig {
        protocols = List.copyOf(protocols);
        if (protocols.isEmpty()) {
            throw new IllegalArgumentException("an engine needs at least one application protocol to serve");
        }
    }
}
