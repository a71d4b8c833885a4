package online.hypermesh.stoq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

class LeafBindingTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private final SigningKey nodeKey = SigningKey.fromSeed(new byte[32]);
    private final SecureRandom random = new SecureRandom();

    private X509Certificate leaf(Duration validity) {
        return SelfSignedLeaf.create(nodeKey, NETWORK, START, validity, List.of(), random)
                .chain()
                .get(0);
    }

    private static KeyPair keyPair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static X509Certificate certificate(KeyPair key, byte[] extension, Instant from, Instant to)
            throws Exception {
        X500Name name = new X500Name("CN=test");
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name, BigInteger.TEN, Date.from(from), Date.from(to), name, key.getPublic());
        if (extension != null) {
            builder.addExtension(new ASN1ObjectIdentifier(LeafBinding.OID), false, extension);
        }
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
    }

    private static StoqException.Code codeOf(X509Certificate leaf) {
        StoqException failure = catchThrowableOfType(StoqException.class, () -> LeafBinding.of(leaf));
        assertThat(failure).isNotNull();
        return failure.code();
    }

    @Test
    void aSelfSignedLeafCarriesItsBinding() throws Exception {
        Inet6Address loopback = (Inet6Address) InetAddress.getByName("::1");
        Credentials credentials =
                SelfSignedLeaf.create(nodeKey, NETWORK, START, Duration.ofHours(24), List.of(loopback), random);
        X509Certificate leaf = credentials.chain().get(0);
        LeafBinding binding = LeafBinding.of(leaf);
        assertThat(binding.nodeId()).isEqualTo(NodeId.of(nodeKey.verifyKey()));
        assertThat(binding.network()).isEqualTo(NETWORK);
        assertThat(binding.helloKey()).isEqualTo(credentials.helloKey().verifyKey());
        assertThat(binding.notBefore()).isEqualTo(START);
        assertThat(binding.notAfter()).isEqualTo(START.plus(Duration.ofHours(24)));
        assertThat(LeafBinding.decode(binding.encode())).isEqualTo(binding);
        assertThat(leaf.getSubjectX500Principal().getName())
                .contains(binding.nodeId().toShortString());
        assertThat(leaf.getSubjectAlternativeNames()).hasSize(1);
        leaf.verify(leaf.getPublicKey());
        assertThat(credentials.toString()).doesNotContain("PrivateKey");
    }

    @Test
    void theWindowIncludesBothEnds() {
        LeafBinding binding = LeafBinding.of(leaf(Duration.ofHours(1)));
        assertThat(binding.covers(START.toEpochMilli() - 1)).isFalse();
        assertThat(binding.covers(START.toEpochMilli())).isTrue();
        assertThat(binding.covers(START.plusSeconds(3600).toEpochMilli())).isTrue();
        assertThat(binding.covers(START.plusSeconds(3600).toEpochMilli() + 1)).isFalse();
    }

    @Test
    void aWindowOfMoreThanADayIsRefused() {
        assertThatThrownBy(() -> leaf(Duration.ofHours(24).plusSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("24 h");
        assertThatThrownBy(() -> leaf(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLeafWithoutBindingIsRefused() throws Exception {
        assertThat(codeOf(certificate(keyPair(), null, START, START.plusSeconds(60))))
                .isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void aBindingOfAnotherLeafKeyIsRefused() throws Exception {
        byte[] stolen = LeafBinding.of(leaf(Duration.ofHours(1))).encode();
        assertThat(codeOf(certificate(keyPair(), stolen, START, START.plusSeconds(60))))
                .isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void aCertificateThatOutlivesItsBindingIsRefused() throws Exception {
        KeyPair key = keyPair();
        SigningKey helloKey = SigningKey.generate(random);
        byte[] binding = LeafBinding.sign(
                        nodeKey, NETWORK, key.getPublic(), helloKey.verifyKey(), START, START.plusSeconds(60))
                .encode();
        assertThat(LeafBinding.of(certificate(key, binding, START, START.plusSeconds(60)))
                        .helloKey())
                .isEqualTo(helloKey.verifyKey());
        assertThat(codeOf(certificate(key, binding, START, START.plusSeconds(61))))
                .isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
        assertThat(codeOf(certificate(key, binding, START.minusSeconds(1), START.plusSeconds(60))))
                .isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void aBindingThatCannotBeReadIsRefused() throws Exception {
        KeyPair key = keyPair();
        assertThat(codeOf(certificate(key, new byte[] {1, 2, 3}, START, START.plusSeconds(60))))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(codeOf(certificate(key, new byte[600], START, START.plusSeconds(60))))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
    }

    @Test
    void everyChangedBitIsRefused() throws Exception {
        X509Certificate leaf = leaf(Duration.ofHours(1));
        LeafBinding binding = LeafBinding.of(leaf);
        byte[] encoded = binding.encode();
        SplittableRandom bits = new SplittableRandom(7);
        for (int i = 0; i < 500; i++) {
            byte[] changed = encoded.clone();
            changed[bits.nextInt(changed.length)] ^= (byte) (1 << bits.nextInt(8));
            try {
                assertThat(LeafBinding.decode(changed).binds(leaf.getPublicKey()))
                        .isFalse();
            } catch (StoqException e) {
                assertThat(e.code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
            }
        }
    }
}
