package online.hypermesh.stoq.session;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.error.Retry;

/** Constants of the protocol that both sides of the hello share, and the choice of its version. */
final class StoqProtocol {
    static final String ALPN = "stoq/1";

    /** Versions of the hello that are spoken here, ascending. */
    static final List<Integer> VERSIONS = List.of(1);

    static final DomainTag CLIENT_TAG = new DomainTag("stoq/hello-client/v1");
    static final DomainTag SERVER_TAG = new DomainTag("stoq/hello-server/v1");
    static final DomainTag CLIENT_RESUME_TAG = new DomainTag("stoq/resume-client/v1");
    static final DomainTag SERVER_RESUME_TAG = new DomainTag("stoq/resume-server/v1");

    /** Failures that are told to the peer under their own name. */
    static final Set<StoqException.Code> TOLD = Set.of(
            StoqException.Code.WRONG_NETWORK,
            StoqException.Code.WRONG_IDENTITY,
            StoqException.Code.VERSION_MISMATCH,
            StoqException.Code.UNKNOWN_CAPABILITY,
            StoqException.Code.POST_QUANTUM_REQUIRED,
            StoqException.Code.HANDSHAKE_FAILED,
            StoqException.Code.MALFORMED_FRAME,
            StoqException.Code.LIMIT_EXCEEDED,
            StoqException.Code.TIMEOUT,
            StoqException.Code.BUSY);

    private StoqProtocol() {}

    /** The highest version that both sides speak. Throws VERSION_MISMATCH, naming both. */
    static int choose(List<Integer> peers) {
        return common(peers).orElseThrow(() -> mismatch(peers));
    }

    static void requireSpoken(int version) {
        if (!VERSIONS.contains(version)) {
            throw mismatch(List.of(version));
        }
    }

    /** Refuses a choice that somebody talked the peer into. */
    static void requireBest(int chosen, List<Integer> peers) {
        if (common(peers).filter(best -> best == chosen).isEmpty()) {
            throw new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED,
                    Retry.NEVER,
                    "the peer chose version " + chosen + " of the hello although both speak " + named(peers)
                            + "; somebody may have lowered it");
        }
    }

    private static Optional<Integer> common(List<Integer> peers) {
        return VERSIONS.stream().filter(peers::contains).max(Integer::compare);
    }

    private static StoqException mismatch(List<Integer> peers) {
        return new StoqException(
                StoqException.Code.VERSION_MISMATCH,
                Retry.NEVER,
                "this node speaks version " + named(VERSIONS) + " of the STOQ hello, the peer " + named(peers)
                        + "; update the older one");
    }

    private static String named(List<Integer> versions) {
        return versions.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
