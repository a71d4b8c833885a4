package online.hypermesh.trustchain.verify;

import java.math.BigInteger;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.CertificateValidator;
import online.hypermesh.trustchain.api.certificates.FinalizedState;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.LeafVerdict;
import online.hypermesh.trustchain.api.certificates.LeafVerdict.Basis;
import online.hypermesh.trustchain.api.certificates.LeafVerdict.Reason;
import online.hypermesh.trustchain.api.certificates.Membership;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;
import online.hypermesh.trustchain.leaf.P256;
import org.jspecify.annotations.Nullable;

/**
 * Judges leaves by the rules of a phase. The order of the checks: shape and profile, binding, start of validity, issuer and
 * its signature, end of validity, and then what the phase asks for. A member of the network whose leaf does not count keeps
 * the standing {@link Standing#MEMBER_ONLY}, unless the leaf was revoked, forged or made for something else. Thread-safe;
 * remembers nothing, asks nobody.
 */
public final class LeafValidator implements CertificateValidator {
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    /** keyUsage, subjectAltName, basicConstraints, extKeyUsage. */
    private static final Set<String> KNOWN_CRITICAL = Set.of("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37");

    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;

    private final NetworkId network;
    private final Duration leafValidity;
    private final Issuers issuers;
    private final Membership founders;
    private final Membership members;
    private final LightClient lightClient;
    private final FinalizedState ownState;
    private final Supplier<OptionalLong> firstPhase2Millis;
    private final FinalityLimits limits;

    private LeafValidator(Builder b) {
        this.network = b.genesis.networkId();
        this.leafValidity = Duration.ofSeconds(b.genesis.parameters().leafValiditySeconds());
        this.issuers = new Issuers(b.genesis);
        this.founders = new GenesisMembership(b.genesis);
        this.members = b.members;
        this.lightClient = b.lightClient;
        this.ownState = b.ownState;
        this.firstPhase2Millis = b.firstPhase2Millis;
        this.limits = b.limits;
    }

    /**
     * Starts building a validator.
     *
     * @param genesis the network
     * @param lightClient checks staples
     * @param ownState this node's finalized state
     * @return a builder with defaults: the founding members only, no Phase 2 checkpoint known, {@link FinalityLimits#of}
     */
    public static Builder builder(Genesis genesis, LightClient lightClient, FinalizedState ownState) {
        return new Builder(genesis, lightClient, ownState);
    }

    @Override
    public LeafVerdict validate(List<X509Certificate> chain, byte[] staple, long nowMillis, TrustPhase phase) {
        if (chain.isEmpty()) {
            return new Examination(null, null).refused(Reason.MALFORMED, "there is no certificate; present a leaf");
        }
        X509Certificate leaf = chain.get(0);
        Optional<String> profile = profileProblem(leaf);
        if (profile.isPresent()) {
            return new Examination(null, null).refused(Reason.WRONG_PROFILE, profile.get());
        }
        LeafBinding binding;
        try {
            binding = LeafBinding.of(leaf);
        } catch (StoqException e) {
            return new Examination(null, null)
                    .refused(Reason.WRONG_BINDING, "the binding does not hold: " + e.getMessage());
        }
        if (!binding.network().equals(network)) {
            return new Examination(null, null)
                    .refused(
                            Reason.WRONG_BINDING,
                            "the leaf was made for network " + binding.network() + ", this is " + network);
        }
        NodeId subject = binding.nodeId();
        Instant now = Instant.ofEpochMilli(nowMillis);
        Instant notBefore = leaf.getNotBefore().toInstant();
        if (now.isBefore(notBefore)) {
            return new Examination(subject, null)
                    .refused(
                            Reason.NOT_YET_VALID,
                            "the leaf begins at " + notBefore + ", it is " + now + "; check both clocks");
        }
        byte[] issuerName = leaf.getIssuerX500Principal().getEncoded();
        Optional<Issuers.Issuer> issuer = issuers.find(issuerName);
        if (issuer.isEmpty()) {
            return judgeWithoutIssuer(leaf, issuerName, new Examination(subject, null), now, phase);
        }
        return judgeIssued(leaf, binding, issuer.get(), staple, now, phase);
    }

    private LeafVerdict judgeWithoutIssuer(
            X509Certificate leaf, byte[] issuerName, Examination of, Instant now, TrustPhase phase) {
        boolean selfSigned = Arrays.equals(
                        issuerName, leaf.getSubjectX500Principal().getEncoded())
                && P256.holds(leaf.getPublicKey().getEncoded(), CertificateBytes.tbs(leaf), leaf.getSignature());
        if (!selfSigned) {
            return of.refused(
                    Reason.UNTRUSTED_ISSUER,
                    "the issuer " + leaf.getIssuerX500Principal()
                            + " is not a validator of this network; renew the leaf at one");
        }
        if (isOver(leaf, now)) {
            return memberOrRefused(of, Reason.EXPIRED, expired(leaf, now), phase);
        }
        if (phase == TrustPhase.PHASE_0) {
            return founders.isMember(of.subjectId())
                    ? of.accepted(Basis.PINNED_KEY, "the node key is a founding member's")
                    : of.refused(
                            Reason.UNKNOWN_NODE,
                            "node " + of.subjectId()
                                    + " is not in the genesis; it can join once the network issues leaves (Phase 1)");
        }
        return memberOrRefused(
                of,
                Reason.SELF_SIGNED,
                "the leaf is self-signed, which counts in Phase 0 only; request one from a validator",
                phase);
    }

    private LeafVerdict judgeIssued(
            X509Certificate leaf,
            LeafBinding binding,
            Issuers.Issuer issuer,
            byte[] staple,
            Instant now,
            TrustPhase phase) {
        Examination of = new Examination(binding.nodeId(), issuer.name());
        byte[] tbs = CertificateBytes.tbs(leaf);
        byte[] signature = leaf.getSignature();
        if (!leaf.getSigAlgOID().equals(CertificateBytes.ED25519_OID)
                || signature.length != Signature.LENGTH
                || !issuer.key().verifyRaw(tbs, Signature.of(signature))) {
            return of.refused(
                    Reason.WRONG_SIGNATURE, "the leaf is not signed by the issuer key of validator " + issuer.name());
        }
        Duration window = Duration.between(binding.notBefore(), binding.notAfter());
        if (window.compareTo(leafValidity) > 0) {
            return of.refused(
                    Reason.WRONG_BINDING,
                    "the binding's window is " + window.toSeconds() + " s long, limit " + leafValidity.toSeconds()
                            + " s (leafValiditySeconds of the genesis)");
        }
        if (isOver(leaf, now)) {
            return memberOrRefused(of, Reason.EXPIRED, expired(leaf, now), phase);
        }
        return switch (phase) {
            case PHASE_0 ->
                founders.isMember(of.subjectId())
                        ? of.accepted(Basis.ISSUER_SIGNATURE, "issued by " + issuer.name() + " to a founding member")
                        : of.refused(
                                Reason.UNKNOWN_NODE,
                                "node " + of.subjectId() + " is not in the genesis, and this node is still in Phase 0");
            case PHASE_1 -> of.accepted(Basis.ISSUER_SIGNATURE, "issued by " + issuer.name());
            case PHASE_2, PHASE_3 -> judgeByFinality(leaf, tbs, issuer, of, staple, now, phase);
        };
    }

    private LeafVerdict judgeByFinality(
            X509Certificate leaf,
            byte[] tbs,
            Issuers.Issuer issuer,
            Examination of,
            byte[] staple,
            Instant now,
            TrustPhase phase) {
        byte[] key = CertificateRecord.key(issuer.id(), CertificateRecord.entryHash(tbs));
        // Asked before the read, so that the state read is at least this new.
        Instant ownTime = Instant.ofEpochMilli(ownState.asOfMillis());
        Optional<byte[]> own = ownState.read(CertificateRecord.MODULE, key);
        if (own.isPresent()) {
            LeafVerdict byRecord = judgeRecord(leaf, of, own.get(), Basis.OWN_STATE, OptionalLong.empty());
            // a record is younger than its subject's enrollment: whoever is no member in this state was expelled
            return byRecord.accepted() && !members.isMember(of.subjectId())
                    ? of.refused(
                            Reason.UNKNOWN_NODE,
                            "node " + of.subjectId()
                                    + " is no member of the network any more; an operator can enroll it")
                    : byRecord;
        }
        boolean ownFresh = Duration.between(ownTime, now).compareTo(limits.maxOwnStateAge()) <= 0;
        Stapled stapled = readStaple(staple, key, now);
        StateProof proof = stapled.proof();
        if (proof != null) {
            Instant provenTime = Instant.ofEpochMilli(proof.header().timeMillis());
            boolean ownIsNewer = ownFresh && ownTime.isAfter(provenTime);
            if (proof.value().isPresent() && !ownIsNewer) {
                return judgeRecord(leaf, of, proof.value().get(), Basis.STAPLED_PROOF, OptionalLong.of(proof.height()));
            }
            return memberOrRefused(
                    of,
                    Reason.NOT_FINALIZED,
                    "the state of " + (ownIsNewer ? ownTime : provenTime)
                            + " has no record of this leaf; wait until its record is final and staple the proof",
                    phase);
        }
        if (ownFresh) {
            return memberOrRefused(
                    of,
                    Reason.NOT_FINALIZED,
                    "this node's state of " + ownTime + " has no record of this leaf, and " + stapled.problem()
                            + "; wait until its record is final and staple the proof",
                    phase);
        }
        return withoutQuorum(leaf, issuer, of, stapled.problem(), ownTime, phase);
    }

    private LeafVerdict withoutQuorum(
            X509Certificate leaf,
            Issuers.Issuer issuer,
            Examination of,
            String stapleProblem,
            Instant ownTime,
            TrustPhase phase) {
        OptionalLong firstPhase2 = firstPhase2Millis.get();
        String unreachable = stapleProblem + ", and this node's state is as old as " + ownTime;
        if (phase == TrustPhase.PHASE_2
                && firstPhase2.isPresent()
                && leaf.getNotBefore().toInstant().toEpochMilli() < firstPhase2.getAsLong()) {
            return of.accepted(
                    Basis.ISSUER_SIGNATURE_WITHOUT_QUORUM,
                    "issued by " + issuer.name() + " before Phase 2 began; the quorum is unreachable: " + unreachable);
        }
        return memberOrRefused(
                of,
                Reason.QUORUM_UNREACHABLE,
                "nothing tells whether this leaf's record is final: " + unreachable
                        + "; bring more than two thirds of the stake back",
                phase);
    }

    private LeafVerdict judgeRecord(
            X509Certificate leaf, Examination of, byte[] value, Basis basis, OptionalLong height) {
        CertificateRecord record;
        try {
            record = CertificateRecord.decode(value);
        } catch (CborException | IllegalArgumentException e) {
            return of.refused(Reason.WRONG_RECORD, "the finalized record cannot be read: " + e.getMessage());
        }
        boolean same = record.subject().equals(of.subjectId())
                && Arrays.equals(record.serial(), CertificateBytes.serial(leaf))
                && record.notBeforeMillis() == leaf.getNotBefore().toInstant().toEpochMilli()
                && record.notAfterMillis() == leaf.getNotAfter().toInstant().toEpochMilli();
        if (!same) {
            return of.refused(
                    Reason.WRONG_RECORD,
                    "the finalized record names node " + record.subject() + " and another serial or validity");
        }
        if (record.revokedAtMillis().isPresent()) {
            return of.refused(
                    Reason.REVOKED,
                    "the leaf was revoked at "
                            + Instant.ofEpochMilli(record.revokedAtMillis().getAsLong())
                            + "; request a new one");
        }
        return of.accepted(basis, "its log entry is finalized", height);
    }

    private record Stapled(@Nullable StateProof proof, String problem) {}

    private Stapled readStaple(byte[] staple, byte[] key, Instant now) {
        if (staple.length == 0) {
            return new Stapled(null, "no proof is stapled");
        }
        StateProof proof;
        try {
            proof = StateProof.decode(staple);
        } catch (CborException | IllegalArgumentException e) {
            return new Stapled(null, "the stapled proof cannot be read (" + e.getMessage() + ")");
        }
        if (!proof.module().equals(CertificateRecord.MODULE) || !Arrays.equals(proof.key(), key)) {
            return new Stapled(null, "the stapled proof is about another leaf");
        }
        Instant provenTime = Instant.ofEpochMilli(proof.header().timeMillis());
        if (Duration.between(provenTime, now).compareTo(limits.maxStapleAge()) > 0) {
            return new Stapled(
                    null,
                    "the stapled proof is of " + provenTime + ", limit "
                            + limits.maxStapleAge().toSeconds() + " s");
        }
        if (lightClient.verify(proof) instanceof Verdict.Rejected rejected) {
            return new Stapled(
                    null, "the stapled proof does not hold (" + rejected.code() + ", " + rejected.detail() + ")");
        }
        return new Stapled(proof, "");
    }

    /** In Phase 0 the members are the founding ones; later those of the last finalized state. */
    private LeafVerdict memberOrRefused(Examination of, Reason reason, String detail, TrustPhase phase) {
        Membership membership = phase == TrustPhase.PHASE_0 ? founders : members;
        return membership.isMember(of.subjectId()) ? of.memberOnly(reason, detail) : of.refused(reason, detail);
    }

    private static boolean isOver(X509Certificate leaf, Instant now) {
        return now.isAfter(leaf.getNotAfter().toInstant());
    }

    private static String expired(X509Certificate leaf, Instant now) {
        return "the leaf ended at " + leaf.getNotAfter().toInstant() + ", it is " + now + "; renew it";
    }

    private static Optional<String> profileProblem(X509Certificate leaf) {
        try {
            int bytes = leaf.getEncoded().length;
            if (bytes > IssuedLeaf.MAX_LEAF_BYTES) {
                return Optional.of("the leaf has " + bytes + " bytes, limit " + IssuedLeaf.MAX_LEAF_BYTES);
            }
            if (leaf.getVersion() != 3) {
                return Optional.of("the leaf is X.509 version " + leaf.getVersion() + ", expected 3");
            }
            BigInteger serial = leaf.getSerialNumber();
            if (serial.signum() <= 0 || serial.bitLength() < 57 || serial.toByteArray().length > 20) {
                return Optional.of("the serial number must be positive with 8..20 bytes, was " + serial);
            }
            if (!P256.isKey(leaf.getPublicKey().getEncoded())) {
                return Optional.of("the leaf's key is " + leaf.getPublicKey().getAlgorithm()
                        + ", expected an uncompressed ECDSA P-256 key");
            }
            if (leaf.getBasicConstraints() != -1) {
                return Optional.of("the leaf claims to be a certificate authority");
            }
            boolean[] usage = leaf.getKeyUsage();
            if (usage == null || !usage[DIGITAL_SIGNATURE] || usage[KEY_CERT_SIGN] || usage[CRL_SIGN]) {
                return Optional.of("the leaf's key usage must have digitalSignature and no signing of certificates");
            }
            List<String> purposes = leaf.getExtendedKeyUsage();
            if (purposes != null && !(purposes.contains(SERVER_AUTH) && purposes.contains(CLIENT_AUTH))) {
                return Optional.of("the leaf's extended key usage must have both serverAuth and clientAuth");
            }
            Set<String> critical = leaf.getCriticalExtensionOIDs();
            if (critical != null && !KNOWN_CRITICAL.containsAll(critical)) {
                return Optional.of("the leaf has a critical extension that is not known here, among " + critical);
            }
            return Optional.empty();
        } catch (CertificateEncodingException | CertificateParsingException e) {
            return Optional.of("the leaf cannot be read: " + e.getMessage());
        }
    }

    /** Whom a verdict is about. */
    private record Examination(
            @Nullable NodeId subject, @Nullable String issuer) {
        NodeId subjectId() {
            return Objects.requireNonNull(subject, "judged before the binding was read");
        }

        LeafVerdict refused(Reason reason, String detail) {
            return verdict(Optional.empty(), reason, Optional.empty(), detail, OptionalLong.empty());
        }

        LeafVerdict memberOnly(Reason reason, String detail) {
            return verdict(
                    Optional.of(Standing.MEMBER_ONLY),
                    reason,
                    Optional.of(Basis.MEMBERSHIP),
                    detail,
                    OptionalLong.empty());
        }

        LeafVerdict accepted(Basis basis, String detail) {
            return accepted(basis, detail, OptionalLong.empty());
        }

        LeafVerdict accepted(Basis basis, String detail, OptionalLong height) {
            return verdict(Optional.of(Standing.FULL), Reason.VALID, Optional.of(basis), detail, height);
        }

        private LeafVerdict verdict(
                Optional<Standing> standing, Reason reason, Optional<Basis> basis, String detail, OptionalLong height) {
            return new LeafVerdict(
                    standing, reason, basis, detail, Optional.ofNullable(subject), Optional.ofNullable(issuer), height);
        }
    }

    /** Collects what a validator works with. Confined. */
    public static final class Builder {
        private final Genesis genesis;
        private final LightClient lightClient;
        private final FinalizedState ownState;
        private Membership members;
        private Supplier<OptionalLong> firstPhase2Millis = OptionalLong::empty;
        private FinalityLimits limits;

        private Builder(Genesis genesis, LightClient lightClient, FinalizedState ownState) {
            this.genesis = genesis;
            this.lightClient = lightClient;
            this.ownState = ownState;
            this.members = new GenesisMembership(genesis);
            this.limits = FinalityLimits.of(genesis);
        }

        /**
         * Sets who belongs to the network by its last finalized state.
         *
         * @param membership validators, operators and enrolled identities
         * @return this
         */
        public Builder members(Membership membership) {
            this.members = Objects.requireNonNull(membership);
            return this;
        }

        /**
         * Sets how to learn when the network finalized its first Phase 2 checkpoint.
         *
         * @param millis block time of that checkpoint, empty while there is none
         * @return this
         */
        public Builder firstPhase2Millis(Supplier<OptionalLong> millis) {
            this.firstPhase2Millis = Objects.requireNonNull(millis);
            return this;
        }

        /**
         * Sets how old finalized evidence may be.
         *
         * @param value the limits
         * @return this
         */
        public Builder limits(FinalityLimits value) {
            this.limits = Objects.requireNonNull(value);
            return this;
        }

        /**
         * Builds the validator.
         *
         * @return the validator
         */
        public LeafValidator build() {
            return new LeafValidator(this);
        }
    }
}
