package online.hypermesh.stoq;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet6Address;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes credentials whose leaf nobody but the node itself vouches for: a fresh ECDSA P-256 leaf, a fresh hello key, and the
 * node key's binding of both. Peers that know the node's identity can rely on it; nobody else can. Thread-safe.
 */
public final class SelfSignedLeaf {
    private SelfSignedLeaf() {}

    /**
     * Makes credentials.
     *
     * @param nodeKey the node's long-term key
     * @param network the network they are for
     * @param notBefore first moment, cut to whole seconds
     * @param validity whole seconds, at most 24 h
     * @param addresses named in the certificate as subject alternative names; may be empty
     * @param random source of keys and serial number
     * @return the credentials, without a staple
     */
    public static Credentials create(
            SigningKey nodeKey,
            NetworkId network,
            Instant notBefore,
            Duration validity,
            List<Inet6Address> addresses,
            SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair leafKey = generator.generateKeyPair();
            SigningKey helloKey = SigningKey.generate(random);
            Instant from = Instant.ofEpochSecond(notBefore.getEpochSecond());
            Instant to = from.plusSeconds(validity.toSeconds());
            LeafBinding binding =
                    LeafBinding.sign(nodeKey, network, leafKey.getPublic(), helloKey.verifyKey(), from, to);
            X509Certificate leaf = certificate(leafKey, binding, addresses, random);
            return new Credentials(List.of(leaf), leafKey.getPrivate(), helloKey, new byte[0]);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(
                    "the platform cannot make an ECDSA P-256 certificate: " + e.getMessage(), e);
        }
    }

    /**
     * Makes credentials from now on.
     *
     * @param nodeKey the node's long-term key
     * @param network the network they are for
     * @param validity at most 24 h
     * @return the credentials, without addresses and without a staple; valid from a minute before now, so that a peer
     *     whose clock is behind accepts them
     */
    public static Credentials create(SigningKey nodeKey, NetworkId network, Duration validity) {
        return create(nodeKey, network, Instant.now().minusSeconds(60), validity, List.of(), new SecureRandom());
    }

    private static X509Certificate certificate(
            KeyPair leafKey, LeafBinding binding, List<Inet6Address> addresses, SecureRandom random)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        NodeId id = binding.nodeId();
        X500Name name = new X500Name("CN=" + id.toShortString() + ".node.stoq");
        BigInteger serial = new BigInteger(120, random).setBit(120);
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name, serial, Date.from(binding.notBefore()), Date.from(binding.notAfter()), name, leafKey.getPublic());
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        if (!addresses.isEmpty()) {
            GeneralName[] names = addresses.stream()
                    .map(a -> new GeneralName(GeneralName.iPAddress, new DEROctetString(a.getAddress())))
                    .toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        }
        builder.addExtension(new ASN1ObjectIdentifier(LeafBinding.OID), false, binding.encode());
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(leafKey.getPrivate())));
    }
}
