package online.hypermesh.node.service;

import java.security.cert.CertificateEncodingException;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.trustchain.api.TrustPhase;

/** Makes this node's {@link Presence}; the proof in it is made once per height. Thread-safe. */
final class PresenceBoard {
    private final DeferredLedger ledger;
    private final CertificateSource certificates;
    private final Clock clock;
    private final Supplier<TrustPhase> phase;
    private volatile Proven proven = new Proven(0, Optional.empty());

    private record Proven(long height, Optional<StateProof> proof) {}

    PresenceBoard(DeferredLedger ledger, CertificateSource certificates, Clock clock, Supplier<TrustPhase> phase) {
        this.ledger = ledger;
        this.certificates = certificates;
        this.clock = clock;
        this.phase = phase;
    }

    byte[] encoded() {
        Credentials credentials = certificates.current();
        try {
            return new Presence(
                            phase.get().number(),
                            ledger.finalizedHeight(),
                            clock.millis(),
                            credentials.chain().get(0).getEncoded(),
                            credentials.staple(),
                            networkPhase())
                    .encode();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("the current leaf cannot be encoded", e);
        }
    }

    private Optional<StateProof> networkPhase() {
        long height = ledger.finalizedHeight();
        if (!ledger.isStarted() || height == 0) {
            return Optional.empty();
        }
        Proven last = proven;
        if (last.height() == height) {
            return last.proof();
        }
        try {
            Proven next = new Proven(
                    height, Optional.of(ledger.prove(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey())));
            proven = next;
            return next.proof();
        } catch (HypermeshException e) {
            return Optional.empty(); // no certified root yet; asked again with the next presence
        }
    }
}
