package online.hypermesh.node.service;

import java.time.Duration;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.StapleSource;

/**
 * Staples from this node's own ledger: waits for blocks until the leaf's record is in a certified state. Before there is a
 * ledger a leaf needs no staple. Thread-safe.
 */
final class LedgerStaples implements StapleSource {
    private static final long LOOK_AT_LEAST_EVERY_MILLIS = 250;

    private final DeferredLedger ledger;
    private long blocks;

    LedgerStaples(DeferredLedger ledger) {
        this.ledger = ledger;
    }

    /** A block became final. */
    synchronized void blockFinalized() {
        blocks++;
        notifyAll();
    }

    @Override
    public byte[] staple(NodeId issuer, Digest entryHash, Duration timeout) {
        if (!ledger.isStarted()) {
            return new byte[0];
        }
        byte[] key = CertificateRecord.key(issuer, entryHash);
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            long seen = blocks();
            byte[] proof = proof(key);
            if (proof.length > 0) {
                return proof;
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new HypermeshException(
                        Code.TIMEOUT,
                        Retry.SAME_CALL,
                        "the record of the leaf issued by " + issuer.toShortString() + " was not final within "
                                + timeout.toMillis() + " ms. Check the quorum: hypermesh status");
            }
            awaitBlock(seen, Math.min(left, LOOK_AT_LEAST_EVERY_MILLIS));
        }
    }

    private byte[] proof(byte[] key) {
        if (ledger.read(CertificateRecord.MODULE, key).isEmpty()) {
            return new byte[0];
        }
        try {
            StateProof proof = ledger.prove(CertificateRecord.MODULE, key);
            byte[] encoded = proof.encode();
            return proof.value().isPresent() && encoded.length <= Credentials.MAX_STAPLE_BYTES ? encoded : new byte[0];
        } catch (HypermeshException e) {
            return new byte[0]; // no certified root yet; the next block brings one
        }
    }

    private synchronized long blocks() {
        return blocks;
    }

    private synchronized void awaitBlock(long seen, long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        try {
            for (long left = millis; blocks == seen && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "the node is stopping", e);
        }
    }
}
