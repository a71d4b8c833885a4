package online.hypermesh.trustchain.ca;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.certificates.CertificateAuthority;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.IssuancePolicy;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.log.TransparencyLog;
import online.hypermesh.trustchain.api.log.TreeHead;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;
import online.hypermesh.trustchain.leaf.P256;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;

/**
 * Issues leaves with a founding validator's issuer key. Order: check the request, authorise, make the log entry durable,
 * sign, deliver. The leaf is valid inside the window of its binding, from at most a minute before now. Thread-safe.
 */
public final class LeafIssuer implements CertificateAuthority {
    private static final int BACKDATE_SECONDS = 60;

    private final Genesis genesis;
    private final NetworkId network;
    private final GenesisValidator issuer;
    private final SigningKey issuerKey;
    private final TransparencyLog log;
    private final IssuancePolicy policy;
    private final SecureRandom random;
    private final LongSupplier nowMillis;
    private final X509Certificate anchor;

    /**
     * Creates an issuer.
     *
     * @param genesis the network
     * @param issuerKey issuer key of one of its validators; stays the caller's to close
     * @param log that validator's log; stays the caller's to close
     * @param policy who may hold a leaf
     * @param random source of serial numbers
     * @param nowMillis clock, milliseconds since 1970
     */
    public LeafIssuer(
            Genesis genesis,
            SigningKey issuerKey,
            TransparencyLog log,
            IssuancePolicy policy,
            SecureRandom random,
            LongSupplier nowMillis) {
        this.genesis = genesis;
        this.network = genesis.networkId();
        this.issuer = genesis.validators().stream()
                .filter(v -> v.issuerKey().equals(issuerKey.verifyKey()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the issuer key " + issuerKey.verifyKey() + " is not in the genesis of " + genesis.name()));
        if (!log.owner().equals(issuer.nodeId())) {
            throw new IllegalArgumentException("the log belongs to " + log.owner() + ", not to " + issuer.name());
        }
        this.issuerKey = issuerKey;
        this.log = log;
        this.policy = policy;
        this.random = random;
        this.nowMillis = nowMillis;
        this.anchor = IssuerCertificate.create(genesis, issuer, issuerKey);
    }

    @Override
    public NodeId issuer() {
        return issuer.nodeId();
    }

    @Override
    public X509Certificate anchor() {
        return anchor;
    }

    @Override
    public TransparencyLog log() {
        return log;
    }

    @Override
    public IssuedLeaf issue(IssuanceRequest request) {
        long now = nowMillis.getAsLong();
        LeafBinding binding = checkedBinding(request, now);
        NodeId subject = request.subject();
        policy.refusal(subject).ifPresent(why -> {
            throw new TrustchainException(
                    Code.DENIED,
                    Retry.NEVER,
                    issuer.name() + " issues no leaf to " + subject.toShortString() + ": " + why);
        });
        TBSCertificate tbs = toBeSigned(request, binding, now);
        long index = log.append(CertificateRecord.logEntry(CertificateBytes.der(tbs)));
        byte[] leaf = CertificateBytes.sign(tbs, issuerKey);
        TreeHead head = log.head();
        return new IssuedLeaf(leaf, head, log.inclusion(index, head.size()));
    }

    /**
     * What the issuer submits to the ledger about a leaf it issued.
     *
     * @param issued the leaf
     * @return the instruction for the certificates module
     */
    public static CertificateInstruction.RecordLeaf instruction(IssuedLeaf issued) {
        X509Certificate leaf = CertificateBytes.parse(issued.leaf());
        CertificateRecord record = new CertificateRecord(
                LeafBinding.of(leaf).nodeId(),
                CertificateBytes.serial(leaf),
                leaf.getNotBefore().toInstant().toEpochMilli(),
                leaf.getNotAfter().toInstant().toEpochMilli(),
                issued.inclusion().index(),
                issued.head().root(),
                OptionalLong.empty());
        return new CertificateInstruction.RecordLeaf(CertificateBytes.entryHash(leaf), record);
    }

    private LeafBinding checkedBinding(IssuanceRequest request, long now) {
        byte[] spki = request.leafSpki();
        if (!P256.isKey(spki)) {
            throw refused(Code.WRONG_KEY, "the leaf key is not an uncompressed ECDSA P-256 key");
        }
        LeafBinding binding;
        try {
            binding = LeafBinding.decode(request.binding());
        } catch (StoqException e) {
            throw refused(Code.WRONG_BINDING, "the binding cannot be read: " + e.getMessage());
        }
        if (!binding.network().equals(network)) {
            throw refused(
                    Code.WRONG_BINDING, "the binding is for network " + binding.network() + ", this is " + network);
        }
        if (!binding.nodeKey().equals(request.nodeKey()) || !binding.binds(publicKey(spki))) {
            throw refused(Code.WRONG_BINDING, "the binding is not signed by the node key for this leaf key");
        }
        Duration window = Duration.between(binding.notBefore(), binding.notAfter());
        int limitSeconds = genesis.parameters().leafValiditySeconds();
        if (window.toSeconds() > limitSeconds) {
            throw refused(
                    Code.WRONG_WINDOW,
                    "the window is " + window.toSeconds() + " s long, limit " + limitSeconds
                            + " s (leafValiditySeconds of the genesis)");
        }
        if (!binding.covers(now) || binding.notAfter().toEpochMilli() - now < 1000) {
            throw refused(
                    Code.WRONG_WINDOW,
                    "the window " + binding.notBefore() + ".." + binding.notAfter() + " does not cover "
                            + Instant.ofEpochMilli(now) + "; check the clocks");
        }
        byte[] text = IssuanceRequest.possessionText(network, request.nodeKey(), spki, request.binding());
        if (!P256.holds(spki, text, request.possession())) {
            throw refused(Code.NO_POSSESSION, "the proof of possession is not a signature by the leaf key");
        }
        return binding;
    }

    private TBSCertificate toBeSigned(IssuanceRequest request, LeafBinding binding, long now) {
        Instant backdated = Instant.ofEpochSecond(now / 1000 - BACKDATE_SECONDS);
        Instant notBefore = backdated.isBefore(binding.notBefore()) ? binding.notBefore() : backdated;
        String commonName = genesis.validator(request.subject())
                .map(GenesisValidator::name)
                .orElse("node-" + request.subject().toShortString());
        V3TBSCertificateGenerator tbs = new V3TBSCertificateGenerator();
        tbs.setSerialNumber(new ASN1Integer(freshSerial()));
        tbs.setSignature(CertificateBytes.ED25519);
        tbs.setIssuer(Issuers.name(genesis, issuer.name()));
        tbs.setSubject(Issuers.name(genesis, commonName));
        tbs.setStartDate(new Time(Date.from(notBefore)));
        tbs.setEndDate(new Time(Date.from(binding.notAfter())));
        tbs.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(request.leafSpki()));
        tbs.setExtensions(extensions(request, commonName));
        return tbs.generateTBSCertificate();
    }

    private Extensions extensions(IssuanceRequest request, String commonName) {
        GeneralName[] names = {
            new GeneralName(GeneralName.dNSName, commonName + "." + NameRules.suffix(genesis)),
            new GeneralName(
                    GeneralName.uniformResourceIdentifier, "hypermesh://" + network + "/node/" + request.subject())
        };
        KeyPurposeId[] purposes = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
                Extension.keyUsage, true, CertificateBytes.der(new KeyUsage(KeyUsage.digitalSignature)));
        extensions.addExtension(
                Extension.extendedKeyUsage, false, CertificateBytes.der(new ExtendedKeyUsage(purposes)));
        extensions.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                CertificateBytes.der(new AuthorityKeyIdentifier(CertificateBytes.keyIdentifier(issuer.issuerKey()))));
        extensions.addExtension(Extension.subjectAlternativeName, false, CertificateBytes.der(new GeneralNames(names)));
        extensions.addExtension(new ASN1ObjectIdentifier(LeafBinding.OID), false, request.binding());
        return extensions.generate();
    }

    /** 126 random bits with a fixed length of 16 bytes, positive. */
    private BigInteger freshSerial() {
        byte[] serial = new byte[16];
        random.nextBytes(serial);
        serial[0] = (byte) ((serial[0] & 0x3f) | 0x40);
        return new BigInteger(1, serial);
    }

    private static PublicKey publicKey(byte[] spki) {
        try {
            return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        } catch (GeneralSecurityException e) {
            throw new TrustchainException(
                    Code.WRONG_KEY, Retry.NEVER, "the leaf key cannot be read: " + e.getMessage(), e);
        }
    }

    private TrustchainException refused(Code code, String what) {
        return new TrustchainException(
                code, Retry.WHOLE_OPERATION, issuer.name() + " refused the request for a leaf: " + what);
    }
}
