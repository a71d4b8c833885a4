package online.hypermesh.stoq.session;

import java.util.Set;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.DomainTag;

/** Constants of the protocol that both sides of the hello share. */
final class StoqProtocol {
    static final String ALPN = "stoq/1";
    static final DomainTag CLIENT_TAG = new DomainTag("stoq/hello-client/v1");
    static final DomainTag SERVER_TAG = new DomainTag("stoq/hello-server/v1");

    /** Failures that are told to the peer under their own name. */
    static final Set<StoqException.Code> TOLD = Set.of(
            StoqException.Code.WRONG_NETWORK,
            StoqException.Code.WRONG_IDENTITY,
            StoqException.Code.HANDSHAKE_FAILED,
            StoqException.Code.MALFORMED_FRAME,
            StoqException.Code.LIMIT_EXCEEDED,
            StoqException.Code.TIMEOUT,
            StoqException.Code.BUSY);

    private StoqProtocol() {}
}
