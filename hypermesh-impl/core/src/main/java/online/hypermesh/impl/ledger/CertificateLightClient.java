package online.hypermesh.impl.ledger;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentSkipListMap;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleRange;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Believes what a quorum of an epoch's validators finalized: certificate, chain of headers, path through the tree. It begins
 * with the genesis or a trusted checkpoint, {@linkplain #learn learns} later epochs from hand-overs, and asks nobody.
 * Certificates that held and the newest epochs are remembered, in bounded number. Thread-safe.
 *
 * <p>Keys of validators that left may be stolen or sold one day, and whoever has enough of them can sign another history. So
 * hand-overs are believed only while what this client trusts is younger than its trust period, and proofs of an epoch only
 * until a trust period after it ended.
 *
 * <p>What a receipt proves is transaction and outcome; its {@code index} and {@code count} only describe the path.
 */
public final class CertificateLightClient implements LightClient {
    /** Trust period unless chosen otherwise. */
    public static final Duration DEFAULT_TRUST_PERIOD = Duration.ofDays(14);

    private static final int REMEMBERED_CERTIFICATES = 1024;
    private static final int REMEMBERED_EPOCHS = 1024;

    private final NetworkId network;
    private final Duration trustPeriod;
    private final InstantSource clock;
    private final ConcurrentSkipListMap<Long, Known> epochs = new ConcurrentSkipListMap<>();

    /**
     * An epoch whose validators are known.
     *
     * @param beganMillis time of the block with which it began, or earlier where that block was skipped
     */
    private record Known(ValidatorSet set, long beganMillis) {}

    private final Cache<Digest, Boolean> held = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_CERTIFICATES)
            .executor(Runnable::run)
            .build();

    /**
     * Creates a light client that begins with the genesis, with the system's clock and {@link #DEFAULT_TRUST_PERIOD}.
     *
     * @param genesis the founding document, trusted
     */
    public CertificateLightClient(Genesis genesis) {
        this(genesis, DEFAULT_TRUST_PERIOD, InstantSource.system());
    }

    /**
     * Creates a light client that begins with the genesis.
     *
     * @param genesis the founding document, trusted
     * @param trustPeriod how long after an epoch began its validators may vouch for the next; at least two epochs
     * @param clock wall clock
     * @throws IllegalArgumentException if the trust period is shorter than two epochs of the network
     */
    public CertificateLightClient(Genesis genesis, Duration trustPeriod, InstantSource clock) {
        this(
                genesis.networkId(),
                0,
                ValidatorSet.of(genesis),
                genesis.createdAtMillis(),
                twoEpochs(genesis, trustPeriod),
                clock);
    }

    /** An epoch's keys may vouch for its end only when it is over: half the period is for the epoch, half for hearing of it. */
    private static Duration twoEpochs(Genesis genesis, Duration trustPeriod) {
        Duration least = Duration.ofSeconds(2L * genesis.parameters().epochSeconds());
        if (trustPeriod.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "trustPeriod must be at least two epochs of the network, " + least + ", was " + trustPeriod);
        }
        return trustPeriod;
    }

    private CertificateLightClient(
            NetworkId network,
            long epoch,
            ValidatorSet set,
            long beganMillis,
            Duration trustPeriod,
            InstantSource clock) {
        this.network = network;
        this.trustPeriod = trustPeriod;
        this.clock = clock;
        epochs.put(epoch, new Known(set, beganMillis));
    }

    /**
     * Creates a light client for a transaction that is being executed: it believes what the validators of its epoch and of
     * the epoch before finalized, as the state names them, and nothing older, so that keys that leaked since forge nothing.
     * The same on every node: it asks no clock.
     *
     * @param context of the transaction
     * @return the client
     */
    public static CertificateLightClient ofState(ExecutionContext context) {
        StateReader state = context.stateOf(ValidatorChange.MODULE);
        ValidatorRegistry.Epoch epoch = ValidatorRegistry.epoch(state);
        CertificateLightClient client = new CertificateLightClient(
                context.genesis().networkId(),
                epoch.number(),
                ValidatorRegistry.current(state),
                epoch.startMillis(),
                DEFAULT_TRUST_PERIOD,
                InstantSource.fixed(Instant.ofEpochMilli(epoch.startMillis())));
        ValidatorRegistry.before(state).ifPresent(set -> client.trust(epoch.number() - 1, set, epoch.startMillis()));
        return client;
    }

    /**
     * Creates a light client that begins with a checkpoint: the id of a header that ends an epoch, heard from somebody
     * trusted. Header and set may come from anybody.
     *
     * @param genesis the founding document
     * @param checkpoint the id, trusted
     * @param header the header with that id
     * @param next the validators of the epoch after
     * @param trustPeriod how old the checkpoint may be; at least two epochs
     * @param clock wall clock
     * @return the client
     * @throws IllegalArgumentException if the trust period is shorter than two epochs of the network
     * @throws HypermeshException INVALID_PROOF when header or set are not those of the checkpoint, WRONG_NETWORK for another
     *     network's, CHECKPOINT_TOO_OLD when it is older than the trust period
     */
    public static CertificateLightClient fromCheckpoint(
            Genesis genesis,
            Digest checkpoint,
            BlockHeader header,
            ValidatorSet next,
            Duration trustPeriod,
            InstantSource clock) {
        if (!header.network().equals(genesis.networkId())) {
            throw new HypermeshException(
                    Code.WRONG_NETWORK,
                    Retry.NEVER,
                    "The checkpoint is of network " + header.network() + ", this is " + genesis.networkId());
        }
        if (!header.id().equals(checkpoint)
                || !header.isClosing()
                || !header.nextValidatorsRoot().equals(next.root())) {
            throw new HypermeshException(
                    Code.INVALID_PROOF,
                    Retry.WHOLE_OPERATION,
                    "Header " + header.id() + " of height " + header.height() + ", or the set shown with it, is not"
                            + " that of the checkpoint " + checkpoint + "; ask another node for them");
        }
        CertificateLightClient client = new CertificateLightClient(
                genesis.networkId(),
                header.epoch() + 1,
                next,
                header.timeMillis(),
                twoEpochs(genesis, trustPeriod),
                clock);
        if (client.isTooOld()) {
            throw new HypermeshException(Code.CHECKPOINT_TOO_OLD, Retry.NEVER, client.tooOld());
        }
        return client;
    }

    private boolean isTooOld() {
        return clock.millis() - newest().beganMillis > trustPeriod.toMillis();
    }

    private Known newest() {
        return epochs.lastEntry().getValue();
    }

    private String tooOld() {
        return "The newest checkpoint trusted here is from " + Instant.ofEpochMilli(newest().beganMillis)
                + ", older than the trust period of " + trustPeriod.toHours()
                + " h: its validators' keys may be in wrong hands by now. Get the id of a newer one from somebody you"
                + " trust";
    }

    @Override
    public long newestEpoch() {
        return epochs.lastKey();
    }

    @Override
    public Verdict learn(HandOver handOver) {
        synchronized (epochs) {
            long newest = newestEpoch();
            long epoch = handOver.epoch();
            if (epoch < newest) {
                return Verdict.ACCEPTED;
            }
            if (isTooOld()) {
                return Verdict.rejected(Code.CHECKPOINT_TOO_OLD, tooOld());
            }
            Verdict verdict = handOverVerdict(handOver, newest().set, newest);
            if (verdict.accepted()) {
                epochs.putIfAbsent(epoch, new Known(handOver.signers(), newest().beganMillis));
                remember(epoch + 1, handOver.next(), handOver.header().timeMillis());
            }
            return verdict;
        }
    }

    private Verdict handOverVerdict(HandOver h, ValidatorSet trusted, long newest) {
        if (!h.header().isClosing()
                || !h.header().nextValidatorsRoot().equals(h.next().root())) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "header of height " + h.header().height() + " does not name the next validators shown with it");
        }
        if (h.epoch() > newest) {
            long stake = 0;
            for (Certificate.IndexedSignature vote : h.certificate().votes()) {
                if (vote.validator() < h.signers().size()) {
                    stake += trustedStake(trusted, h.signers().get(vote.validator()));
                }
            }
            if (!trusted.isQuorum(stake)) {
                return Verdict.rejected(
                        Code.NOT_FOUND,
                        "validators with stake " + stake + " of " + trusted.totalStake() + " in epoch " + newest
                                + " signed the end of epoch " + h.epoch()
                                + ", more than two thirds needed; show an epoch in between first");
            }
        } else if (!h.signers().root().equals(trusted.root())) {
            return Verdict.rejected(Code.INVALID_PROOF, "the signers shown are not the validators of epoch " + newest);
        }
        return finalityVerdict(h.header(), h.certificate(), h.links(), h.signers());
    }

    /** What a signer counts in the set that is trusted: nothing under another key, which may be anybody's. */
    private static long trustedStake(ValidatorSet trusted, Validator signer) {
        OptionalInt index = trusted.indexOf(signer.id());
        if (index.isEmpty()) {
            return 0;
        }
        Validator known = trusted.get(index.getAsInt());
        return known.votingKey().equals(signer.votingKey()) ? known.stake() : 0;
    }

    /**
     * Takes over validators from this node's own finalized state, which needs no proof here.
     *
     * @param epoch the epoch
     * @param set its validators
     * @param beganMillis time of the block with which it began
     */
    public void trust(long epoch, ValidatorSet set, long beganMillis) {
        synchronized (epochs) {
            remember(epoch, set, beganMillis);
        }
    }

    private void remember(long epoch, ValidatorSet set, long beganMillis) {
        epochs.put(epoch, new Known(set, beganMillis));
        while (epochs.size() > REMEMBERED_EPOCHS) {
            epochs.pollFirstEntry();
        }
    }

    @Override
    public Verdict verify(Receipt receipt) {
        Verdict verdict = finality(receipt.header(), receipt.certificate(), receipt.links());
        return verdict.accepted() ? pathVerdict(receipt) : verdict;
    }

    @Override
    public Verdict verify(Receipt receipt, AncestorProof history) {
        Verdict verdict = ancestorVerdict(receipt.header(), history);
        return verdict.accepted() ? pathVerdict(receipt) : verdict;
    }

    @Override
    public Verdict verify(BundleReceipt receipt) {
        Verdict verdict = finality(receipt.header(), receipt.certificate(), receipt.links());
        return verdict.accepted() ? pathVerdict(receipt) : verdict;
    }

    @Override
    public Verdict verify(BundleReceipt receipt, AncestorProof history) {
        Verdict verdict = ancestorVerdict(receipt.header(), history);
        return verdict.accepted() ? pathVerdict(receipt) : verdict;
    }

    @Override
    public Verdict verify(StateProof proof) {
        Verdict verdict = finality(proof.header(), proof.certificate(), proof.links());
        return verdict.accepted() ? pathVerdict(proof) : verdict;
    }

    @Override
    public Verdict verify(StateProof proof, AncestorProof history) {
        Verdict verdict = ancestorVerdict(proof.header(), history);
        return verdict.accepted() ? pathVerdict(proof) : verdict;
    }

    /** The anchor is final, does not end its epoch, and its ancestors root leads to the header at the header's height. */
    @Override
    public Verdict verify(AncestorProof proof) {
        BlockHeader anchor = proof.anchor();
        if (anchor.isClosing()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "the anchor of height " + anchor.height()
                            + " ends its epoch, or belongs to no chain; show the block before or after it");
        }
        Verdict verdict = finality(anchor, proof.certificate(), proof.links());
        if (!verdict.accepted()) {
            return verdict;
        }
        BlockHeader header = proof.header();
        Digest leaf = AncestorFrontier.leaf(header.id());
        return MerkleTree.verify(leaf, header.height(), anchor.height(), proof.path(), anchor.ancestorsRoot())
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path of height " + header.height() + " does not lead to the ancestors root "
                                + anchor.ancestorsRoot().toShortHex() + " of height " + anchor.height());
    }

    /** The header is the one that the history is about, and certifies a parent. */
    private Verdict ancestorVerdict(BlockHeader header, AncestorProof history) {
        if (!header.equals(history.header()) || header.height() < 1) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "the history is about height " + history.header().height()
                            + ", the proof about another header of height " + header.height());
        }
        return verify(history);
    }

    private static Verdict pathVerdict(Receipt receipt) {
        Digest leaf = MerkleTree.leafHash(Receipt.leaf(receipt.transactionId(), receipt.outcome()));
        Digest root = receipt.header().parentReceiptsRoot();
        return MerkleTree.verify(leaf, receipt.index(), receipt.count(), receipt.path(), root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path of transaction " + receipt.transactionId().toShortHex()
                                + " does not lead to the receipts root " + root.toShortHex());
    }

    private static Verdict pathVerdict(BundleReceipt receipt) {
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

    private static Verdict pathVerdict(StateProof proof) {
        return StateTree.verify(
                proof.header().parentStateRoot(), proof.module(), proof.key(), proof.value(), proof.treePath());
    }

    /**
     * Whether a header is final.
     *
     * @param header the header
     * @param certificate finality of the header, or of a descendant
     * @param links from the header to the one the certificate names
     * @return accepted, or the first failed check; NOT_FOUND when the validators of its epoch are not known here
     */
    public Verdict finality(BlockHeader header, Certificate certificate, List<Link> links) {
        long epoch = header.epoch();
        Known known = epochs.get(epoch);
        if (known == null) {
            return Verdict.rejected(
                    Code.NOT_FOUND,
                    "the validators of epoch " + epoch + " are not known here, the newest are those of epoch "
                            + newestEpoch() + "; show the hand-overs in between");
        }
        Map.Entry<Long, Known> after = epochs.higherEntry(epoch);
        if (after != null && clock.millis() - after.getValue().beganMillis > trustPeriod.toMillis()) {
            return Verdict.rejected(
                    Code.CHECKPOINT_TOO_OLD,
                    "epoch " + epoch + " ended longer ago than the trust period of " + trustPeriod.toHours()
                            + " h: its validators' keys may be in wrong hands by now. Show the header as an ancestor of one"
                            + " of a newer epoch");
        }
        return finalityVerdict(header, certificate, links, known.set);
    }

    /** Whether the header, or a descendant linked to it, was finalized by the validators. */
    private Verdict finalityVerdict(
            BlockHeader header, Certificate certificate, List<Link> links, ValidatorSet validators) {
        if (links.size() > Receipt.MAX_LINKS) {
            return Verdict.rejected(Code.LIMIT_EXCEEDED, links.size() + " links, limit " + Receipt.MAX_LINKS);
        }
        Verdict verdict = headerVerdict(header, validators);
        BlockHeader certified = header;
        Digest id = header.id();
        for (Link link : links) {
            if (!verdict.accepted()) {
                return verdict;
            }
            if (!link.follows(certified, id)) {
                return Verdict.rejected(
                        Code.INVALID_PROOF,
                        "header of height " + link.header().height() + " does not follow " + id.toShortHex());
            }
            certified = link.header();
            verdict = headerVerdict(certified, validators);
            id = certified.id();
        }
        return verdict.accepted() ? certificateVerdict(certified, id, certificate, validators) : verdict;
    }

    private Verdict headerVerdict(BlockHeader header, ValidatorSet validators) {
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
        return header.validatorsRoot().equals(validators.root())
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "header names validator set "
                                + header.validatorsRoot().toShortHex() + ", that of epoch " + header.epoch() + " is "
                                + validators.root().toShortHex());
    }

    private Verdict certificateVerdict(
            BlockHeader certified, Digest id, Certificate certificate, ValidatorSet validators) {
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
        Digest key = Digest.sha256(new CborWriter(1024)
                .array(2)
                .bytes(validators.root().toBytes())
                .encoded(certificate.encode())
                .toBytes());
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
