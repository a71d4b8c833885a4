package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** Recomputes {@code docs/spec/vectors/stoq.txt} from its leaf, which client and server of the example share. */
class VectorTests {
    private static final Path FILE = Path.of("../../docs/spec/vectors/stoq.txt");

    private static byte[] repeated(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void theVectorsOfTheSpecificationHold() throws Exception {
        Map<String, String> found = new LinkedHashMap<>();
        for (String line : Files.readAllLines(FILE, StandardCharsets.UTF_8)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" = ", 2);
                found.put(parts[0], parts[1]);
            }
        }
        byte[] der = HexFormat.of().parseHex(found.get("leaf"));
        X509Certificate leaf = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        Map<String, byte[]> expected = new LinkedHashMap<>();
        expected.put("leaf", der);
        compute(leaf, expected);
        Map<String, String> computed = new LinkedHashMap<>();
        expected.forEach((name, bytes) -> computed.put(name, HexFormat.of().formatHex(bytes)));
        assertThat(found).containsExactlyEntriesOf(computed);
    }

    private static void compute(X509Certificate leaf, Map<String, byte[]> out) {
        SigningKey nodeKey = SigningKey.fromSeed(repeated(0, 32));
        SigningKey helloKey = SigningKey.fromSeed(repeated(1, 32));
        NetworkId network = new NetworkId(Digest.of(repeated(2, 32)));
        NodeId id = NodeId.of(nodeKey.verifyKey());
        byte[] serverNonce = repeated(3, 32);
        byte[] clientNonce = repeated(4, 32);
        byte[] staple = {5};
        List<X509Certificate> chain = List.of(leaf);
        Digest leafHash = HelloFrame.leafHash(chain);

        LeafBinding binding = LeafBinding.of(leaf);
        assertThat(binding.nodeKey()).isEqualTo(nodeKey.verifyKey());
        assertThat(binding.helloKey()).isEqualTo(helloKey.verifyKey());
        out.put("node-key", nodeKey.verifyKey().toBytes());
        out.put("node-id", id.digest().toBytes());
        out.put("leaf-binding", binding.encode());
        byte[] challenge = new HelloFrame.Challenge(serverNonce).encode();
        out.put("challenge", challenge);
        byte[] clientStatement = HelloFrame.clientStatement(
                id, id, clientNonce, serverNonce, leafHash, Protection.HYBRID, chain, staple);
        out.put("client-statement", clientStatement);
        Signature clientSignature = helloKey.sign(StoqProtocol.CLIENT_TAG, network, clientStatement);
        byte[] clientHello = new HelloFrame.ClientHello(
                        network, id, leafHash, clientNonce, Protection.HYBRID, chain, staple, clientSignature)
                .encode();
        out.put("client-hello", clientHello);
        byte[] serverStatement =
                HelloFrame.serverStatement(challenge, clientHello, Protection.CLASSICAL, chain, new byte[0]);
        out.put("server-statement", serverStatement);
        out.put(
                "server-hello",
                new HelloFrame.ServerHello(
                                Protection.CLASSICAL,
                                chain,
                                new byte[0],
                                helloKey.sign(StoqProtocol.SERVER_TAG, network, serverStatement))
                        .encode());
        out.put("accepted", new HelloFrame.Accepted().encode());
        out.put("refusal", new HelloFrame.Refusal("UNKNOWN_NODE", "not a member").encode());
    }
}
