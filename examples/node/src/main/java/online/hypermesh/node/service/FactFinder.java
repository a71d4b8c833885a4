package online.hypermesh.node.service;

import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.Checkpoint;
import online.hypermesh.bootstrap.Fact;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.CertificateValidator;
import online.hypermesh.trustchain.api.certificates.LeafVerdict;
import org.jspecify.annotations.Nullable;

/** Establishes the facts behind the phase guards from what the node's parts show. Confined to the phase driver's thread. */
final class FactFinder implements PhaseDriver.Facts {
    /** A validator heard from within this time counts as connected. */
    static final long CONNECTED_MILLIS = 6_000;

    private static final int MAX_REMEMBERED_LEAVES = 4_096;

    private final NodeId self;
    private final ValidatorSet validators;
    private final InetSocketAddress listening;
    private final DeferredLedger ledger;
    private final LightClient lightClient;
    private final PeerWatch watch;
    private final CertificateSource certificates;
    private final CertificateValidator leaves;
    private final Supplier<Optional<String>> namesAgree;
    private final Clock clock;
    private final Map<Digest, Boolean> finalizedLeaves = new HashMap<>();
    private @Nullable Credentials judged;
    private boolean judgedIssued;
    private String judgedDetail = "";
    private boolean certified;

    FactFinder(
            NodeId self,
            InetSocketAddress listening,
            DeferredLedger ledger,
            LightClient lightClient,
            PeerWatch watch,
            CertificateSource certificates,
            CertificateValidator leaves,
            Supplier<Optional<String>> namesAgree,
            Clock clock) {
        this.self = self;
        this.validators = ValidatorSet.of(ledger.genesis());
        this.listening = listening;
        this.ledger = ledger;
        this.lightClient = lightClient;
        this.watch = watch;
        this.certificates = certificates;
        this.leaves = leaves;
        this.namesAgree = namesAgree;
        this.clock = clock;
    }

    @Override
    public Map<Fact, String> held(Phase phase) {
        Map<Fact, String> held = new EnumMap<>(Fact.class);
        held.put(Fact.GENESIS_LOADED, "network " + ledger.genesis().name());
        held.put(Fact.LISTEN_BOUND, listening.toString());
        Map<NodeId, Presence> recent = watch.recent(CONNECTED_MILLIS);
        quorum(recent).ifPresent(detail -> held.put(Fact.QUORUM_CONNECTED, detail));
        ownLeaf(held);
        if (ledger.isStarted()) {
            if (isCertified()) {
                held.put(Fact.LEDGER_CERTIFIED, "");
            }
            namesAgree.get().ifPresent(detail -> held.put(Fact.NAMES_AGREE, detail));
            if (phase == Phase.PARTIAL_FEDERATION
                    && held.containsKey(Fact.LEAF_FINALIZED)
                    && membersFinalized(recent)) {
                held.put(Fact.MEMBER_LEAVES_FINALIZED, recent.size() + 1 + " of " + validators.size());
            }
        }
        return held;
    }

    @Override
    public Optional<Checkpoint> networkPhase() {
        if (ledger.isStarted() && ledger.finalizedHeight() > 0) {
            return ledger.read(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey())
                    .map(NetworkPhase::decode)
                    .map(Checkpoint::ofOwnState);
        }
        for (Presence presence : watch.recent(CONNECTED_MILLIS).values()) {
            Optional<StateProof> proof = presence.networkPhase();
            if (proof.isPresent()
                    && Checkpoint.verify(proof.get(), lightClient) instanceof Checkpoint.Verification.Believed b) {
                return Optional.of(b.checkpoint());
            }
        }
        return Optional.empty();
    }

    private Optional<String> quorum(Map<NodeId, Presence> recent) {
        BitSet present = new BitSet(validators.size());
        validators.indexOf(self).ifPresent(present::set);
        recent.keySet().forEach(peer -> validators.indexOf(peer).ifPresent(present::set));
        return validators.isQuorum(validators.stakeOf(present))
                ? Optional.of("quorum of stake " + validators.totalStake())
                : Optional.empty();
    }

    private void ownLeaf(Map<Fact, String> held) {
        Credentials credentials = certificates.current();
        long now = clock.millis();
        X509Certificate leaf = credentials.chain().get(0);
        if (!credentials.equals(judged)) {
            LeafVerdict verdict = leaves.validate(credentials.chain(), credentials.staple(), now, TrustPhase.PHASE_1);
            judged = credentials;
            judgedIssued = verdict.reason() == LeafVerdict.Reason.VALID;
            judgedDetail = "by " + verdict.issuer().orElse("itself") + " until "
                    + leaf.getNotAfter().toInstant();
        }
        if (!judgedIssued || now >= leaf.getNotAfter().getTime()) {
            return;
        }
        held.put(Fact.LEAF_ISSUED, judgedDetail);
        if (ledger.isStarted() && isFinalized(leaf, now)) {
            held.put(Fact.LEAF_FINALIZED, "");
        }
        if (credentials.staple().length > 0) {
            held.put(Fact.STAPLE_OBTAINED, "");
        }
    }

    /** Whether a leaf's record stands in this node's own finalized state; once it does, it is not asked again. */
    private boolean isFinalized(X509Certificate leaf, long now) {
        Digest id;
        try {
            id = Digest.sha256(leaf.getEncoded());
        } catch (CertificateException e) {
            return false;
        }
        if (finalizedLeaves.containsKey(id)) {
            return true;
        }
        boolean valid = leaves.validate(List.of(leaf), new byte[0], now, TrustPhase.PHASE_3)
                        .reason()
                == LeafVerdict.Reason.VALID;
        if (valid) {
            if (finalizedLeaves.size() >= MAX_REMEMBERED_LEAVES) {
                finalizedLeaves.clear();
            }
            finalizedLeaves.put(id, Boolean.TRUE);
        }
        return valid;
    }

    private boolean membersFinalized(Map<NodeId, Presence> recent) {
        BitSet done = new BitSet(validators.size());
        validators.indexOf(self).ifPresent(done::set);
        long now = clock.millis();
        for (Map.Entry<NodeId, Presence> peer : recent.entrySet()) {
            Optional<X509Certificate> leaf = parse(peer.getValue().leaf());
            if (leaf.isEmpty() || !isFinalized(leaf.get(), now)) {
                return false;
            }
            validators.indexOf(peer.getKey()).ifPresent(done::set);
        }
        return validators.isQuorum(validators.stakeOf(done));
    }

    private boolean isCertified() {
        if (!certified && ledger.finalizedHeight() > 0) {
            try {
                certified = ledger.prove(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey())
                                .height()
                        >= 1;
            } catch (HypermeshException e) {
                certified = false; // no root was certified yet
            }
        }
        return certified;
    }

    static Optional<X509Certificate> parse(byte[] der) {
        try {
            return Optional.of((X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der)));
        } catch (CertificateException e) {
            return Optional.empty();
        }
    }
}
