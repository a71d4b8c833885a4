package online.hypermesh.trustchain.ca;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.certificates.CertificateProvider;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.IssuerClient;
import online.hypermesh.trustchain.api.certificates.StapleSource;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;

/**
 * Holds the credentials of the moment and swaps them atomically: for a renewed leaf, and for the same leaf with a newer
 * staple. A renewed leaf becomes current only together with its staple, so that a peer never sees one that does not count
 * yet. It has no thread of its own; the owner asks {@link #renewalDue} and calls {@link #renew} and {@link #refreshStaple}.
 * Thread-safe; readers never wait.
 */
public final class RenewingCertificateSource implements CertificateProvider {
    private static final int BACKDATE_SECONDS = 60;

    private final Genesis genesis;
    private final Issuers issuers;
    private final SigningKey nodeKey;
    private final IssuerClient client;
    private final StapleSource staples;
    private final SecureRandom random;
    private final LongSupplier nowMillis;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile Held held;

    private record Held(Credentials credentials, long renewAtMillis) {}

    /**
     * Creates a source.
     *
     * @param genesis the network
     * @param nodeKey the node's long-term key, signs bindings; stays the caller's to close
     * @param initial what to authenticate with until the first renewal, usually self-signed
     * @param client the way to the issuers
     * @param staples gets staples for issued leaves
     * @param random source of keys and of the renewal's jitter
     * @param nowMillis clock, milliseconds since 1970
     */
    public RenewingCertificateSource(
            Genesis genesis,
            SigningKey nodeKey,
            Credentials initial,
            IssuerClient client,
            StapleSource staples,
            SecureRandom random,
            LongSupplier nowMillis) {
        this.genesis = genesis;
        this.issuers = new Issuers(genesis);
        this.nodeKey = nodeKey;
        this.client = client;
        this.staples = staples;
        this.random = random;
        this.nowMillis = nowMillis;
        this.held = new Held(initial, renewAt(initial));
    }

    @Override
    public Credentials current() {
        return held.credentials();
    }

    /**
     * Makes other credentials the current ones, for example fresh self-signed ones after a long stop.
     *
     * @param credentials the credentials
     */
    public synchronized void install(Credentials credentials) {
        held = new Held(credentials, renewAt(credentials));
    }

    @Override
    public boolean renewalDue(long nowMillis) {
        return nowMillis >= held.renewAtMillis();
    }

    /**
     * When the current credentials are due for renewal: two thirds into the leaf's life, give or take a twentieth of it.
     *
     * @return milliseconds since 1970
     */
    public long renewAtMillis() {
        return held.renewAtMillis();
    }

    @Override
    public Credentials renew(Duration timeout) {
        long deadline = nowMillis.getAsLong() + timeout.toMillis();
        lock(timeout);
        try {
            Duration validity = Duration.ofSeconds(genesis.parameters().leafValiditySeconds());
            long backdateSeconds = Math.min(BACKDATE_SECONDS, validity.toSeconds() / 4);
            Instant from = Instant.ofEpochMilli(nowMillis.getAsLong()).minusSeconds(backdateSeconds);
            PendingLeaf pending = PendingLeaf.create(genesis, nodeKey, from, validity, random);
            IssuedLeaf issued = client.request(pending.request(), remaining(deadline));
            Credentials fresh = pending.accept(issued);
            X509Certificate leaf = fresh.chain().get(0);
            byte[] staple = staples.staple(issued.head().log(), CertificateBytes.entryHash(leaf), remaining(deadline));
            Credentials stapled = new Credentials(fresh.chain(), fresh.leafKey(), fresh.helloKey(), staple);
            install(stapled);
            return stapled;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Gets a newer staple for the current leaf.
     *
     * @param timeout longest wait
     * @return whether there is one now; false for a leaf that no issuer of the network signed
     * @throws online.hypermesh.stoq.base.error.CodedException when the proof cannot be had in time; the old staple stays
     */
    public boolean refreshStaple(Duration timeout) {
        long deadline = nowMillis.getAsLong() + timeout.toMillis();
        lock(timeout);
        try {
            Held now = held;
            X509Certificate leaf = now.credentials().chain().get(0);
            Optional<NodeId> issuer =
                    issuers.find(leaf.getIssuerX500Principal().getEncoded()).map(Issuers.Issuer::id);
            if (issuer.isEmpty()) {
                return false;
            }
            Digest entryHash = CertificateBytes.entryHash(leaf);
            byte[] staple = staples.staple(issuer.get(), entryHash, remaining(deadline));
            Credentials old = now.credentials();
            Held stapled =
                    new Held(new Credentials(old.chain(), old.leafKey(), old.helloKey(), staple), now.renewAtMillis());
            return replace(now, stapled) && staple.length > 0;
        } finally {
            changing.unlock();
        }
    }

    /** Credentials installed meanwhile are newer than what was stapled, and stay. */
    private synchronized boolean replace(Held expected, Held next) {
        if (!held.equals(expected)) {
            return false;
        }
        held = next;
        return true;
    }

    private void lock(Duration timeout) {
        try {
            if (!changing.tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TrustchainException(
                        Code.UNREACHABLE,
                        Retry.SAME_CALL,
                        "another renewal was still running after " + timeout.toMillis() + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrustchainException(Code.INTERRUPTED, Retry.SAME_CALL, "the renewal was interrupted", e);
        }
    }

    private Duration remaining(long deadlineMillis) {
        long left = deadlineMillis - nowMillis.getAsLong();
        if (left <= 0) {
            throw new TrustchainException(
                    Code.UNREACHABLE, Retry.SAME_CALL, "the renewal ran out of time; the old leaf stays current");
        }
        return Duration.ofMillis(left);
    }

    private long renewAt(Credentials credentials) {
        X509Certificate leaf = credentials.chain().get(0);
        long from = leaf.getNotBefore().toInstant().toEpochMilli();
        long life = leaf.getNotAfter().toInstant().toEpochMilli() - from;
        long jitter = Math.round((random.nextDouble() - 0.5) * life / 10);
        return from + life * 2 / 3 + jitter;
    }
}
