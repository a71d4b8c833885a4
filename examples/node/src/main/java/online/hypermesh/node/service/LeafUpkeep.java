package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.trustchain.ca.RenewingCertificateSource;

/** Keeps the node's leaf valid and its staple fresh. Thread-safe. */
final class LeafUpkeep {
    private static final Logger LOG = System.getLogger(LeafUpkeep.class.getName());
    private static final Duration RENEWAL_PATIENCE = Duration.ofSeconds(12);
    private static final Duration STAPLE_PATIENCE = Duration.ofSeconds(6);
    private static final long LEAST_REFRESH_MILLIS = 60_000;
    private static final String ED25519_OID = "1.3.101.112";

    private final RenewingCertificateSource certificates;
    private final Supplier<Credentials> selfSigned;
    private final DeferredLedger ledger;
    private final Messenger messenger;
    private final SingleWork work;
    private final Clock clock;
    private final Supplier<Boolean> issuedLeavesCount;
    private final Runnable changed;

    /**
     * Keeps up a source of certificates.
     *
     * @param certificates the source
     * @param selfSigned makes fresh self-signed credentials
     * @param ledger whether staples can be had, and how often
     * @param messenger authenticates anew when the leaf proves more than before
     * @param workers wait for issuers and blocks
     * @param clock says what is due
     * @param issuedLeavesCount whether the phase asks for issued leaves
     * @param changed told when the leaf or its staple changed
     */
    LeafUpkeep(
            RenewingCertificateSource certificates,
            Supplier<Credentials> selfSigned,
            DeferredLedger ledger,
            Messenger messenger,
            Executor workers,
            Clock clock,
            Supplier<Boolean> issuedLeavesCount,
            Runnable changed) {
        this.certificates = certificates;
        this.selfSigned = selfSigned;
        this.ledger = ledger;
        this.messenger = messenger;
        this.work = new SingleWork(workers);
        this.clock = clock;
        this.issuedLeavesCount = issuedLeavesCount;
        this.changed = changed;
    }

    /** Does what is due; returns at once. */
    void pursue() {
        long now = clock.millis();
        Credentials current = certificates.current();
        boolean issued = isIssued(current);
        if (certificates.renewalDue(now)) {
            if (issued) {
                work.start(this::renew);
            } else {
                certificates.install(selfSigned.get());
            }
        } else if (issued && ledger.isStarted() && stapleDue(current, now)) {
            work.start(this::refreshStaple);
        }
    }

    /** Asks for a leaf; returns at once. */
    void request() {
        work.start(this::renew);
    }

    /** Issuers sign with Ed25519, nodes for themselves with the leaf's own ECDSA key; names may be the same. */
    private static boolean isIssued(Credentials credentials) {
        return credentials.chain().get(0).getSigAlgOID().equals(ED25519_OID);
    }

    private boolean holds(Credentials credentials) {
        return isIssued(credentials) && credentials.chain().get(0).getNotAfter().getTime() > clock.millis();
    }

    /** A staple is refreshed long before peers would call it too old. */
    private boolean stapleDue(Credentials credentials, long now) {
        byte[] staple = credentials.staple();
        if (staple.length == 0) {
            return true;
        }
        long refreshAfter = Math.max(
                LEAST_REFRESH_MILLIS, 2L * ledger.genesis().parameters().heartbeatMillis());
        return now - StateProof.decode(staple).header().timeMillis() > refreshAfter;
    }

    private void renew() {
        Credentials before = certificates.current();
        Credentials fresh = certificates.renew(RENEWAL_PATIENCE);
        if (issuedLeavesCount.get() && !holds(before)) {
            // peers let this node in as a bare member; now it can prove more
            messenger.reconnect();
        }
        LOG.log(
                Level.INFO,
                "certificate issued by {0}, until {1}",
                fresh.chain().get(0).getIssuerX500Principal(),
                fresh.chain().get(0).getNotAfter().toInstant());
        changed.run();
    }

    private void refreshStaple() {
        try {
            certificates.refreshStaple(STAPLE_PATIENCE);
        } catch (HypermeshException e) {
            if (e.code() != Code.TIMEOUT || certificates.current().staple().length > 0) {
                throw e;
            }
            // its issuer may have gone before it could record the leaf: another one may do better
            renew();
        }
        changed.run();
    }
}
