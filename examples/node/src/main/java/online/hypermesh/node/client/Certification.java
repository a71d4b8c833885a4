package online.hypermesh.node.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.ca.LeafIssuer;
import online.hypermesh.trustchain.ca.PendingLeaf;

/**
 * Gets leaves for a client and renews them: at two thirds of their life in the background, and before the next request when
 * one has ended all the same, for example because the machine or the network was away. Thread-safe.
 */
final class Certification implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Certification.class.getName());
    private static final Duration FINALITY_PATIENCE = Duration.ofSeconds(30);
    private static final int BACKDATE_SECONDS = 60;
    private static final long LOOK_AGAIN_MILLIS = 20;
    private static final long LEAST_RETRY_MILLIS = 250;

    private final Genesis genesis;
    private final SigningKey nodeKey;
    private final Messenger messenger;
    private final ClientCertificate certificate;
    private final LightClient lightClient;
    private final Duration timeout;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ScheduledThreadPoolExecutor renewals;
    private volatile Optional<Held> held = Optional.empty();

    /** An issued leaf in use. */
    private record Held(NodeId issuer, long renewAtMillis, long endsAtMillis) {}

    private record Obtained(NodeId issuer, Credentials credentials, Digest entryHash) {}

    Certification(
            Genesis genesis,
            SigningKey nodeKey,
            Messenger messenger,
            ClientCertificate certificate,
            LightClient lightClient,
            Duration timeout,
            Clock clock) {
        this.genesis = genesis;
        this.nodeKey = nodeKey;
        this.messenger = messenger;
        this.certificate = certificate;
        this.lightClient = lightClient;
        this.timeout = timeout;
        this.clock = clock;
        this.renewals = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "certificate-renewal");
            thread.setDaemon(true);
            return thread;
        });
        renewals.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        renewals.setRejectedExecutionHandler(
                new ThreadPoolExecutor.DiscardPolicy()); // closed: nothing to renew any more
    }

    /** Gets a leaf from an issuer and authenticates with it from now on, with proof of its record once there is a ledger. */
    void certify(NodeId issuer) {
        synchronized (this) {
            use(request(issuer), false);
        }
        scheduleRenewal();
    }

    /** Gets a leaf without using it. */
    X509Certificate further(NodeId issuer) {
        return request(issuer).credentials().chain().get(0);
    }

    /** Called before a request: a leaf that has ended is renewed first. */
    void ensureValid() {
        if (held.isPresent() && clock.millis() >= held.get().endsAtMillis()) {
            renew();
        }
    }

    /** The time at which the leaf of the moment ends; empty while self-signed. */
    Optional<Instant> endsAt() {
        return held.map(h -> Instant.ofEpochMilli(h.endsAtMillis()));
    }

    private void scheduleRenewal() {
        held.ifPresent(h -> schedule(h.renewAtMillis() - clock.millis()));
    }

    private void schedule(long millis) {
        renewals.getQueue().clear();
        renewals.schedule(this::renewInBackground, Math.max(1, millis), TimeUnit.MILLISECONDS);
    }

    private void renewInBackground() {
        try {
            renew();
            scheduleRenewal();
        } catch (CodedException e) {
            LOG.log(Level.DEBUG, "certificate not renewed yet: {0}", e.getMessage());
            schedule(Math.max(
                    LEAST_RETRY_MILLIS,
                    TimeUnit.SECONDS.toMillis(genesis.parameters().leafValiditySeconds()) / 20));
        }
    }

    /** From the issuer of the present leaf, or from the next one that answers; nothing to do when another thread was faster. */
    private synchronized void renew() {
        if (held.isEmpty() || clock.millis() < held.get().renewAtMillis()) {
            return;
        }
        boolean holds = clock.millis() < held.get().endsAtMillis();
        StringBuilder failures = new StringBuilder();
        for (NodeId issuer : issuers(held.get().issuer())) {
            try {
                use(request(issuer), holds);
                return;
            } catch (CodedException e) {
                failures.append(failures.length() == 0 ? "" : "; ")
                        .append(issuer.toShortString())
                        .append(": ")
                        .append(e.getMessage());
            }
        }
        throw new HypermeshException(
                Code.QUORUM_UNREACHABLE,
                Retry.WHOLE_OPERATION,
                "the certificate " + (holds ? "nears its end" : "has ended") + " and no validator renewed it ("
                        + failures + "). Check that one is reachable: hypermesh status");
    }

    private List<NodeId> issuers(NodeId first) {
        List<NodeId> order = new ArrayList<>(List.of(first));
        genesis.validators().stream()
                .map(GenesisValidator::nodeId)
                .filter(id -> !id.equals(first) && messenger.routeTo(id).isPresent())
                .forEach(order::add);
        return order;
    }

    private Obtained request(NodeId issuer) {
        Duration validity = Duration.ofSeconds(genesis.parameters().leafValiditySeconds());
        long backdateSeconds = Math.min(BACKDATE_SECONDS, validity.toSeconds() / 4);
        PendingLeaf pending =
                PendingLeaf.create(genesis, nodeKey, clock.instant().minusSeconds(backdateSeconds), validity, random);
        IssuedLeaf issued = IssuedLeaf.decode(messenger.request(
                issuer, NodeRequest.ISSUE_SERVICE, pending.request().encode(), timeout));
        return new Obtained(
                issuer, pending.accept(issued), LeafIssuer.instruction(issued).entryHash());
    }

    /** Replaces the credentials; while the present ones hold, the fresh ones wait for the proof of their record. */
    private void use(Obtained fresh, boolean presentHolds) {
        if (!presentHolds) {
            present(fresh, fresh.credentials());
        }
        Credentials c = fresh.credentials();
        present(
                fresh,
                staple(fresh)
                        .map(s -> new Credentials(c.chain(), c.leafKey(), c.helloKey(), s))
                        .orElse(c));
    }

    private void present(Obtained fresh, Credentials credentials) {
        X509Certificate leaf = credentials.chain().get(0);
        long from = leaf.getNotBefore().getTime();
        long to = leaf.getNotAfter().getTime();
        boolean news = !credentials.equals(certificate.current());
        certificate.use(credentials);
        held = Optional.of(new Held(fresh.issuer(), from + (to - from) * 2 / 3, to));
        if (news) {
            messenger.reconnect();
        }
    }

    /** Waits until the leaf's record is proven; empty where there is no ledger yet, or the proof is too long to staple. */
    private Optional<byte[]> staple(Obtained fresh) {
        byte[] key = CertificateRecord.key(fresh.issuer(), fresh.entryHash());
        long deadline = System.nanoTime() + FINALITY_PATIENCE.toNanos();
        while (true) {
            Optional<StateProof> proof = prove(fresh.issuer(), key);
            if (proof.isEmpty()) {
                return Optional.empty();
            }
            if (proof.get().value().isPresent()) {
                byte[] encoded = proof.get().encode();
                return encoded.length <= Credentials.MAX_STAPLE_BYTES ? Optional.of(encoded) : Optional.empty();
            }
            if (System.nanoTime() > deadline) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.WHOLE_OPERATION,
                        "the leaf issued by " + fresh.issuer().toShortString() + " was not final within "
                                + FINALITY_PATIENCE.toSeconds() + " s. Check the quorum: hypermesh status");
            }
            pause();
        }
    }

    private void pause() {
        try {
            if (closed.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new HypermeshException(Code.CLOSED, Retry.NEVER, "the client was closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(
                    Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while waiting for a certificate", e);
        }
    }

    /** A proof that holds; empty where there is no ledger yet. */
    private Optional<StateProof> prove(NodeId node, byte[] key) {
        StateProof proof;
        try {
            proof = StateProof.decode(messenger.request(
                    node, NodeRequest.SERVICE, new NodeRequest.Prove(CertificateRecord.MODULE, key).encode(), timeout));
        } catch (StoqException e) {
            if (Code.WRONG_PHASE.name().equals(e.remoteCode())) {
                return Optional.empty();
            }
            throw e;
        }
        if (!proof.module().equals(CertificateRecord.MODULE) || !Arrays.equals(proof.key(), key)) {
            throw NodeClient.unproven("the proof is of another key");
        }
        if (lightClient.verify(proof) instanceof Verdict.Rejected rejected) {
            throw NodeClient.unproven(rejected.code() + ", " + rejected.detail());
        }
        return Optional.of(proof);
    }

    @Override
    public void close() {
        closed.countDown();
        renewals.shutdownNow();
    }
}
