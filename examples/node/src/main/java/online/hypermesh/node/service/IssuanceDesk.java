package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.CertificateAuthority;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.Membership;
import online.hypermesh.trustchain.ca.LeafIssuer;
import online.hypermesh.trustchain.verify.GenesisMembership;
import org.jspecify.annotations.Nullable;

/**
 * Where this node issues leaves: to members that ask for themselves, and to itself when it is the only issuer. A leaf is
 * handed over when its record is final, or after a short while in any case. Thread-safe.
 */
final class IssuanceDesk {
    private static final Logger LOG = System.getLogger(IssuanceDesk.class.getName());
    private static final long HOLD_MILLIS = 3_000;

    private final Membership members;
    private final IssuanceBudget budget;
    private final LeafRecorder recorder;
    private final Clock clock;
    private volatile @Nullable CertificateAuthority issuer;

    IssuanceDesk(Genesis genesis, Membership members, LeafRecorder recorder, Clock clock) {
        this.members = members;
        this.budget = new IssuanceBudget(new GenesisMembership(genesis));
        this.recorder = recorder;
        this.clock = clock;
    }

    /** Opens with an issuer that asks {@link #refusal} before each leaf. */
    void open(CertificateAuthority authority) {
        issuer = authority;
    }

    /** Why an identity gets no leaf, if so. */
    Optional<String> refusal(NodeId subject) {
        return members.isMember(subject)
                ? Optional.empty()
                : Optional.of(
                        "it is not a member of this network. An operator enrolls it with: hypermesh policy enroll");
    }

    byte[] issue(PeerIdentity peer, byte[] body) {
        IssuanceRequest request = IssuanceRequest.decode(body);
        if (!request.subject().equals(peer.id())) {
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    peer.id().toShortString() + " asked for a leaf of "
                            + request.subject().toShortString() + "; every node asks for itself");
        }
        budget.take(peer.id(), clock.millis());
        return issueAndRecord(request).encode();
    }

    IssuedLeaf issueAndRecord(IssuanceRequest request) {
        CertificateAuthority authority = issuer;
        if (authority == null) {
            throw new HypermeshException(
                    Code.WRONG_PHASE, Retry.WHOLE_OPERATION, "this node's issuer is not ready yet; it is asked again");
        }
        IssuedLeaf issued = authority.issue(request);
        try {
            recorder.record(LeafIssuer.instruction(issued)).get(HOLD_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(
                    Level.DEBUG,
                    "leaf of {0} delivered before its record is final",
                    request.subject().toShortString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return issued;
    }
}
