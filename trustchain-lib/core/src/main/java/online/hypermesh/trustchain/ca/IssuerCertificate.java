package online.hypermesh.trustchain.ca;

import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;

/**
 * The self-signed CA certificate of an issuer key. Everything in it follows from the genesis and the key, and Ed25519 is
 * deterministic, so the same issuer always makes the same bytes. Nodes do not need it: they compare the issuer key with
 * the genesis. It serves X.509 software outside the network.
 */
public final class IssuerCertificate {
    private static final DomainTag SERIAL_TAG = new DomainTag("hypermesh/issuer-serial/v1");

    /** RFC 5280 §4.1.2.5: no well-defined expiration. */
    private static final String FOREVER = "99991231235959Z";

    private IssuerCertificate() {}

    /**
     * Makes the certificate.
     *
     * @param genesis the network
     * @param validator the issuer
     * @param issuerKey its issuer key
     * @return the certificate
     */
    public static X509Certificate create(Genesis genesis, GenesisValidator validator, SigningKey issuerKey) {
        if (!validator.issuerKey().equals(issuerKey.verifyKey())) {
            throw new IllegalArgumentException("the key is not the issuer key of validator " + validator.name());
        }
        byte[] serial = Arrays.copyOf(
                Hashing.hash(SERIAL_TAG, validator.issuerKey().toBytes()).toBytes(), 16);
        serial[0] = (byte) ((serial[0] & 0x3f) | 0x40);
        X500Name name = Issuers.name(genesis, validator.name());
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.basicConstraints, true, CertificateBytes.der(new BasicConstraints(0)));
        extensions.addExtension(
                Extension.keyUsage, true, CertificateBytes.der(new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)));
        extensions.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                CertificateBytes.der(new SubjectKeyIdentifier(CertificateBytes.keyIdentifier(validator.issuerKey()))));
        V3TBSCertificateGenerator tbs = new V3TBSCertificateGenerator();
        tbs.setSerialNumber(new org.bouncycastle.asn1.ASN1Integer(new BigInteger(1, serial)));
        tbs.setSignature(CertificateBytes.ED25519);
        tbs.setIssuer(name);
        tbs.setSubject(name);
        tbs.setStartDate(new Time(Date.from(Instant.ofEpochSecond(genesis.createdAtMillis() / 1000))));
        tbs.setEndDate(new Time(new ASN1GeneralizedTime(FOREVER)));
        tbs.setSubjectPublicKeyInfo(CertificateBytes.spki(validator.issuerKey()));
        tbs.setExtensions(extensions.generate());
        return CertificateBytes.parse(CertificateBytes.sign(tbs.generateTBSCertificate(), issuerKey));
    }
}
