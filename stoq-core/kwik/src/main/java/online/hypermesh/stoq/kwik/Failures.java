package online.hypermesh.stoq.kwik;

import java.net.InetSocketAddress;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.ConnectionTerminatedEvent;

/** What Kwik's failures mean to STOQ. */
final class Failures {
    /** QUIC transport errors of this range carry a TLS alert (RFC 9001, 4.8). */
    private static final long FIRST_CRYPTO_ERROR = 0x100;

    private static final long LAST_CRYPTO_ERROR = 0x1ff;

    /** How Kwik reports the TLS alert of RFC 7301. */
    private static final String NO_APPLICATION_PROTOCOL = "TLS error 120";

    private Failures() {}

    static StoqException connecting(InetSocketAddress remote, @Nullable Throwable cause) {
        if (cause instanceof StoqException known) {
            return known;
        }
        String detail = cause == null || cause.getMessage() == null ? String.valueOf(cause) : cause.getMessage();
        if (detail.contains("timed out")) {
            return unanswered(remote, cause);
        }
        if (detail.contains(NO_APPLICATION_PROTOCOL)) {
            return new StoqException(
                    StoqException.Code.WRONG_PROTOCOL,
                    Retry.NEVER,
                    "the peer does not speak the application protocol that was offered (ALPN)",
                    cause);
        }
        if (detail.startsWith("Handshake error: ")) {
            return new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the TLS handshake with " + remote + " failed: "
                            + printable(detail.substring("Handshake error: ".length())),
                    cause);
        }
        return new StoqException(
                StoqException.Code.UNREACHABLE,
                Retry.SAME_CALL,
                "cannot connect to " + remote + ": " + printable(detail),
                cause);
    }

    static StoqException unanswered(InetSocketAddress remote, @Nullable Throwable cause) {
        return new StoqException(
                StoqException.Code.UNREACHABLE,
                Retry.SAME_CALL,
                remote + " did not finish a TLS handshake within the deadline; is a STOQ node listening there?",
                cause);
    }

    static StoqException nobodyListens(InetSocketAddress remote) {
        return new StoqException(
                StoqException.Code.UNREACHABLE,
                Retry.SAME_CALL,
                "nobody listens at " + remote + "; start the node or correct the address");
    }

    static StoqException interrupted(InetSocketAddress remote, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new StoqException(
                StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "interrupted while connecting to " + remote, cause);
    }

    static StoqException ended(InetSocketAddress remote, ConnectionTerminatedEvent event) {
        return switch (event.closeReason()) {
            case ImmediateClose -> event.closedByPeer() ? closedByPeer(event) : closedByKwik(remote, event);
            case StatelessReset ->
                new StoqException(
                        StoqException.Code.UNREACHABLE,
                        Retry.SAME_CALL,
                        remote + " does not know the connection any more; it was restarted");
            case IdleTimeout, ConnectionLost ->
                new StoqException(
                        StoqException.Code.UNREACHABLE,
                        Retry.SAME_CALL,
                        "nothing was heard from " + remote + " for the idle time");
        };
    }

    private static StoqException closedByPeer(ConnectionTerminatedEvent event) {
        Long application = event.applicationErrorCode();
        if (application != null) {
            return new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "the peer closed the connection with code " + application + ": "
                            + printable(event.errorDescription()),
                    null,
                    Long.toString(application));
        }
        Long transport = event.transportErrorCode();
        boolean tls = transport != null && transport >= FIRST_CRYPTO_ERROR && transport <= LAST_CRYPTO_ERROR;
        return new StoqException(
                tls ? StoqException.Code.HANDSHAKE_FAILED : StoqException.Code.CLOSED,
                Retry.WHOLE_OPERATION,
                transport == null
                        ? "the peer ended the QUIC connection"
                        : "the peer ended the QUIC connection: " + printable(event.errorDescription()));
    }

    private static StoqException closedByKwik(InetSocketAddress remote, ConnectionTerminatedEvent event) {
        return new StoqException(
                StoqException.Code.CLOSED,
                Retry.WHOLE_OPERATION,
                "the QUIC connection to " + remote + " was ended because of what the peer sent: "
                        + printable(event.errorDescription()));
    }

    static StoqException givenUp(InetSocketAddress remote) {
        return new StoqException(
                StoqException.Code.UNREACHABLE,
                Retry.SAME_CALL,
                "the QUIC connection to " + remote + " broke down on this side");
    }

    static StoqException closedHere(InetSocketAddress remote) {
        return new StoqException(
                StoqException.Code.CLOSED,
                Retry.WHOLE_OPERATION,
                "the connection to " + remote + " was closed by this side");
    }

    private static String printable(@Nullable String text) {
        return text == null ? "" : text.replaceAll("\\p{C}|\\p{Zl}|\\p{Zp}", "?");
    }
}
