package online.hypermesh.stoq.netty;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.quic.QuicClosedChannelException;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/** What Netty's failures mean to STOQ. */
final class Failures {
    /** TLS alert, RFC 7301. */
    private static final int NO_APPLICATION_PROTOCOL = 120;

    private static final String TLS_ALERT = "TLS alert ";

    private Failures() {}

    /** Whether the peer ended the TLS handshake, as it does when it supports no group that was offered. */
    static boolean isGroupRefused(StoqException failure) {
        String told = failure.remoteCode();
        return failure.code() == StoqException.Code.HANDSHAKE_FAILED && told != null && told.startsWith(TLS_ALERT);
    }

    static StoqException connecting(InetSocketAddress remote, Throwable cause) {
        if (cause instanceof StoqException known) {
            return known;
        }
        if (cause instanceof QuicClosedChannelException closed && closed.event() != null) {
            return closedByPeer(closed.event());
        }
        if (cause instanceof SSLException) {
            return new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the TLS handshake with " + remote + " failed: " + cause.getMessage(),
                    cause);
        }
        String detail = cause instanceof ConnectTimeoutException
                        || cause instanceof PortUnreachableException
                        || cause instanceof QuicClosedChannelException
                ? "nobody answered at " + remote + "; is a STOQ node listening there?"
                : "cannot connect to " + remote + ": " + cause;
        return new StoqException(StoqException.Code.UNREACHABLE, Retry.SAME_CALL, detail, cause);
    }

    static StoqException closedByPeer(QuicConnectionCloseEvent event) {
        String reason = reason(event);
        if (event.isTlsError() && QuicConnectionCloseEvent.extractTlsError(event.error()) == NO_APPLICATION_PROTOCOL) {
            return new StoqException(
                    StoqException.Code.WRONG_PROTOCOL,
                    Retry.NEVER,
                    "the peer does not speak the application protocol that was offered (ALPN)");
        }
        if (event.isTlsError()) {
            int alert = QuicConnectionCloseEvent.extractTlsError(event.error());
            return new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.WHOLE_OPERATION,
                    "the peer ended the TLS handshake with alert " + alert,
                    null,
                    TLS_ALERT + alert);
        }
        if (!event.isApplicationClose()) {
            return new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "the peer ended the QUIC connection with error " + event.error() + ": " + reason);
        }
        return new StoqException(
                StoqException.Code.CLOSED,
                Retry.WHOLE_OPERATION,
                "the peer closed the connection with code " + event.error() + (reason.isEmpty() ? "" : ": " + reason),
                null,
                Integer.toString(event.error()));
    }

    /** The peer's words, made safe to print; the library hands out none as null, which its accessor trips over. */
    private static String reason(QuicConnectionCloseEvent event) {
        return event.toString().endsWith("reason=null}")
                ? ""
                : new String(event.reason(), StandardCharsets.UTF_8).replaceAll("\\p{C}|\\p{Zl}|\\p{Zp}", "?");
    }
}
