package online.hypermesh.impl.ledger;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleRange;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Believes what a quorum of the genesis validators finalized: certificate, chain of headers, path through the tree. It
 * knows nothing but the genesis and asks nobody. Certificates that held are remembered, in bounded number. Thread-safe.
 *
 * <p>What a receipt proves is transaction and outcome; its {@code index} and {@code count} only describe the path.
 */
public final class CertificateLightClient implements LightClient {
    private static final int REMEMBERED_CERTIFICATES = 1024;

    private final NetworkId network;
    private final ValidatorSet validators;
    private final Cache<Digest, Boolean> held = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_CERTIFICATES)
            .executor(Runnable::run)
            .build();

    /**
     * Creates a light client.
     *
     * @param genesis the founding document, trusted
     */
    public CertificateLightClient(Genesis genesis) {
        this.network = genesis.networkId();
        this.validators = ValidatorSet.of(genesis);
    }

    @Override
    public Verdict verify(Receipt receipt) {
        Verdict verdict = finalityVerdict(receipt.header(), receipt.certificate(), receipt.links());
        if (!verdict.accepted()) {
            return verdict;
        }
        Digest leaf = MerkleTree.leafHash(Receipt.leaf(receipt.transactionId(), receipt.outcome()));
        Digest root = receipt.header().parentReceiptsRoot();
        return MerkleTree.verify(leaf, receipt.index(), receipt.count(), receipt.path(), root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path of transaction " + receipt.transactionId().toShortHex()
                                + " does not lead to the receipts root " + root.toShortHex());
    }

    @Override
    public Verdict verify(BundleReceipt receipt) {
        Verdict verdict = finalityVerdict(receipt.header(), receipt.certificate(), receipt.links());
        if (!verdict.accepted()) {
            return verdict;
        }
        List<Digest> leaves = new ArrayList<>(receipt.outcomes().size());
        for (Outcome outcome : receipt.outcomes()) {
            Digest id = Bundle.transactionId(receipt.bundleId(), leaves.size());
            leaves.add(MerkleTree.leafHash(Receipt.leaf(id, outcome)));
        }
        Digest root = receipt.header().parentReceiptsRoot();
        return MerkleRange.verify(leaves, receipt.index(), receipt.count(), receipt.path(), root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path of bundle " + receipt.bundleId().toShortHex() + " does not lead to the receipts root "
                                + root.toShortHex());
    }

    @Override
    public Verdict verify(StateProof proof) {
        Verdict verdict = finalityVerdict(proof.header(), proof.certificate(), proof.links());
        return verdict.accepted()
                ? StateTree.verify(
                        proof.header().parentStateRoot(), proof.module(), proof.key(), proof.value(), proof.treePath())
                : verdict;
    }

    /** Whether the header, or a descendant linked to it, was finalized by the validators. */
    private Verdict finalityVerdict(BlockHeader header, Certificate certificate, List<BlockHeader> links) {
        if (links.size() > Receipt.MAX_LINKS) {
            return Verdict.rejected(Code.LIMIT_EXCEEDED, links.size() + " linking headers, limit " + Receipt.MAX_LINKS);
        }
        Verdict verdict = headerVerdict(header);
        BlockHeader certified = header;
        Digest id = header.id();
        for (BlockHeader link : links) {
            if (!verdict.accepted()) {
                return verdict;
            }
            if (!link.previous().equals(id) || link.height() != certified.height() + 1) {
                return Verdict.rejected(
                        Code.INVALID_PROOF,
                        "header of height " + link.height() + " does not follow " + id.toShortHex());
            }
            verdict = headerVerdict(link);
            certified = link;
            id = link.id();
        }
        return verdict.accepted() ? certificateVerdict(certified, id, certificate) : verdict;
    }

    private Verdict headerVerdict(BlockHeader header) {
        if (!header.network().equals(network)) {
            return Verdict.rejected(
                    Code.WRONG_NETWORK, "header is for network " + header.network() + ", this is " + network);
        }
        if (header.version() != BlockHeader.VERSION || header.suite() != BlockHeader.SUITE_2026) {
            return Verdict.rejected(
                    Code.MALFORMED,
                    "header of version " + header.version() + ", suite " + header.suite() + "; known are version "
                            + BlockHeader.VERSION + ", suite " + BlockHeader.SUITE_2026);
        }
        if (header.height() < 1) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "a header of height " + header.height() + " certifies no parent");
        }
        return header.nextValidatorsRoot().equals(validators.root())
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "header names validator set "
                                + header.nextValidatorsRoot().toShortHex() + ", the genesis set is "
                                + validators.root().toShortHex());
    }

    private Verdict certificateVerdict(BlockHeader certified, Digest id, Certificate certificate) {
        if (certificate.statement().kind() != VoteKind.FINALIZE) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "certificate is of kind " + certificate.statement().kind() + ", finality needs FINALIZE");
        }
        if (!certificate.statement().blockId().equals(id)
                || certificate.statement().epoch() != certified.epoch()
                || certificate.statement().view() != certified.view()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "certificate is for block "
                            + certificate.statement().blockId().toShortHex() + ", epoch "
                            + certificate.statement().epoch() + ", view "
                            + certificate.statement().view() + "; the header is " + id.toShortHex() + ", epoch "
                            + certified.epoch() + ", view " + certified.view());
        }
        if (certificate.votes().size() > validators.size()) {
            return Verdict.rejected(
                    Code.LIMIT_EXCEEDED,
                    "certificate of " + certificate.votes().size() + " votes, the set has " + validators.size());
        }
        Digest key = Digest.sha256(certificate.encode());
        if (held.getIfPresent(key) != null) {
            return Verdict.ACCEPTED;
        }
        Verdict verdict = certificate.verify(network, validators);
        if (verdict.accepted()) {
            held.put(key, Boolean.TRUE);
        }
        return verdict;
    }
}
