package online.hypermesh.interop;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.function.Consumer;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.session.Transports;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** A STOQ node that serves a plain protocol beside {@code stoq/1}, and credentials for programs that need some. */
final class Node {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {9}));

    private final SigningKey key = SigningKey.generate(new SecureRandom());
    private final Credentials credentials = SelfSignedLeaf.create(key, NETWORK, Duration.ofHours(1));

    Transport open(TransportLimits limits) {
        return open(limits, "none", connection -> connection.close());
    }

    Transport open(TransportLimits limits, String protocol, Consumer<QuicConnection> handler) {
        return Transports.open(
                TransportConfig.builder(NETWORK, key.verifyKey(), () -> credentials, new PinnedPeers(Set.of()))
                        .bind(new InetSocketAddress(loopback(), 0))
                        .limits(limits)
                        .plainProtocol(protocol, handler)
                        .build(),
                new NettyEngine());
    }

    /** The leaf's key in the form of SEC 1, which repeats curve and public key, as some programs insist. */
    Path writeKey(Path folder) throws IOException {
        ECPrivateKey key = ECPrivateKey.getInstance(
                PrivateKeyInfo.getInstance(credentials.leafKey().getEncoded()).parsePrivateKey());
        SubjectPublicKeyInfo point = SubjectPublicKeyInfo.getInstance(
                credentials.chain().get(0).getPublicKey().getEncoded());
        ECPrivateKey whole = new ECPrivateKey(
                256,
                key.getKey(),
                point.getPublicKeyData(),
                point.getAlgorithm().getParameters());
        return writePem(folder.resolve("key.pem"), "EC PRIVATE KEY", whole.getEncoded());
    }

    Path writeCertificate(Path folder) throws IOException, CertificateEncodingException {
        return writePem(
                folder.resolve("cert.pem"),
                "CERTIFICATE",
                credentials.chain().get(0).getEncoded());
    }

    private static Path writePem(Path file, String kind, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    static InetAddress loopback() {
        try {
            return InetAddress.getByName("::1");
        } catch (IOException e) {
            throw new IllegalStateException("::1 is an IPv6 address", e);
        }
    }

    static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(loopback(), 0))) {
            return socket.getLocalPort();
        }
    }
}
