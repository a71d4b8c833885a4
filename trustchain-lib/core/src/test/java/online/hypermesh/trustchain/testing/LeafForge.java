package online.hypermesh.trustchain.testing;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;

/** Makes leaves right or wrong in any one respect. The defaults are a good leaf of n1, issued by n2 a minute ago. */
public final class LeafForge {
    public final TestNetwork network;
    public NetworkId bindingNetwork;
    public SigningKey nodeKey;
    public X500Name issuerName;
    public X500Name subjectName;
    public SigningKey issuerKey;
    public boolean selfSigned;
    public Instant notBefore = Instant.ofEpochMilli(TestNetwork.NOW - 60_000);
    public Instant notAfter = Instant.ofEpochMilli(TestNetwork.NOW + 3_000_000);
    public Instant windowFrom = notBefore;
    public Instant windowTo = notAfter;
    public boolean withBinding = true;
    public boolean bindAnotherKey;
    public int keyUsage = KeyUsage.digitalSignature;
    public KeyPurposeId[] purposes = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
    public boolean authority;
    public boolean unknownCritical;
    public String curve = "secp256r1";
    public BigInteger serial = new BigInteger(120, new SecureRandom()).setBit(120);
    public int paddingBytes;

    public LeafForge(TestNetwork network) {
        this.network = network;
        bindingNetwork = network.id();
        nodeKey = network.nodeKeys.get(0);
        issuerKey = network.issuerKeys.get(1);
        issuerName = Issuers.name(network.genesis, "n2");
        subjectName = Issuers.name(network.genesis, "n1");
    }

    public X509Certificate make() {
        try {
            KeyPair leafKey = keyPair();
            KeyPair bound = bindAnotherKey ? keyPair() : leafKey;
            ExtensionsGenerator extensions = new ExtensionsGenerator();
            if (keyUsage != 0) {
                extensions.addExtension(Extension.keyUsage, true, CertificateBytes.der(new KeyUsage(keyUsage)));
            }
            if (purposes.length > 0) {
                extensions.addExtension(
                        Extension.extendedKeyUsage, false, CertificateBytes.der(new ExtendedKeyUsage(purposes)));
            }
            if (authority) {
                extensions.addExtension(
                        Extension.basicConstraints, true, CertificateBytes.der(new BasicConstraints(true)));
            }
            if (unknownCritical) {
                extensions.addExtension(
                        new ASN1ObjectIdentifier("1.2.3.4.5"), true, CertificateBytes.der(new ASN1Integer(1)));
            }
            if (paddingBytes > 0) {
                extensions.addExtension(new ASN1ObjectIdentifier("1.2.3.4.6"), false, new byte[paddingBytes]);
            }
            if (withBinding) {
                LeafBinding binding = LeafBinding.sign(
                        nodeKey,
                        bindingNetwork,
                        bound.getPublic(),
                        TestNetwork.freshKey().verifyKey(),
                        windowFrom,
                        windowTo);
                extensions.addExtension(new ASN1ObjectIdentifier(LeafBinding.OID), false, binding.encode());
            }
            AlgorithmIdentifier algorithm = selfSigned
                    ? new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.840.10045.4.3.2"))
                    : CertificateBytes.ED25519;
            V3TBSCertificateGenerator tbs = new V3TBSCertificateGenerator();
            tbs.setSerialNumber(new ASN1Integer(serial));
            tbs.setSignature(algorithm);
            tbs.setIssuer(issuerName);
            tbs.setSubject(subjectName);
            tbs.setStartDate(new Time(Date.from(notBefore)));
            tbs.setEndDate(new Time(Date.from(notAfter)));
            tbs.setSubjectPublicKeyInfo(
                    SubjectPublicKeyInfo.getInstance(leafKey.getPublic().getEncoded()));
            tbs.setExtensions(extensions.generate());
            TBSCertificate signed = tbs.generateTBSCertificate();
            if (!selfSigned) {
                return CertificateBytes.parse(CertificateBytes.sign(signed, issuerKey));
            }
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(leafKey.getPrivate());
            signer.update(CertificateBytes.der(signed));
            return CertificateBytes.parse(CertificateBytes.der(
                    new DERSequence(new ASN1Encodable[] {signed, algorithm, new DERBitString(signer.sign())})));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private KeyPair keyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }
}
