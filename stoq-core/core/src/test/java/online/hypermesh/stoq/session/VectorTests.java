package online.hypermesh.stoq.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MlKem768;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** Recomputes {@code docs/spec/vectors/stoq.txt} from its leaf, which client and server of the example share. */
class VectorTests {
    private static final Path FILE = Path.of("../../docs/spec/vectors/stoq.txt");
    private static final NetworkId NETWORK = new NetworkId(Digest.of(repeated(2, 32)));
    private static final SigningKey NODE_KEY = SigningKey.fromSeed(repeated(0, 32));
    private static final SigningKey HELLO_KEY = SigningKey.fromSeed(repeated(1, 32));
    private static final NodeId ID = NodeId.of(NODE_KEY.verifyKey());
    private static final byte[] NOTHING = new byte[0];

    private final Map<String, byte[]> out = new LinkedHashMap<>();

    private static byte[] repeated(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @SuppressWarnings("serial")
    private static SecureRandom always(int value) {
        return new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
                Arrays.fill(bytes, (byte) value);
            }
        };
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
        out.put("leaf", der);
        compute((X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der)));
        Map<String, String> computed = new LinkedHashMap<>();
        out.forEach((name, bytes) -> computed.put(name, HexFormat.of().formatHex(bytes)));
        assertThat(found).containsExactlyEntriesOf(computed);
    }

    private void compute(X509Certificate leaf) throws Exception {
        LeafBinding binding = LeafBinding.of(leaf);
        assertThat(binding.nodeKey()).isEqualTo(NODE_KEY.verifyKey());
        assertThat(binding.helloKey()).isEqualTo(HELLO_KEY.verifyKey());
        out.put("node-key", NODE_KEY.verifyKey().toBytes());
        out.put("node-id", ID.digest().toBytes());
        out.put("leaf-binding", binding.encode());
        MlKem768 kem = MlKem768.fromSeed(repeated(6, 64));
        MlKem768.Encapsulated encapsulated = MlKem768.encapsulate(kem.encapsulationKey(), always(7));
        out.put("encapsulated-secret", encapsulated.secret());

        List<byte[]> chain = PeerLeaves.encoded(List.of(leaf));
        byte[] challenge = new HelloFrame.Challenge(
                        StoqProtocol.VERSIONS,
                        repeated(3, 32),
                        Terms.own(Protection.CLASSICAL, PostQuantum.PREFERRED, true)
                                .offers())
                .encode();
        out.put("challenge", challenge);
        byte[] clientCore = new HelloFrame.ClientCore(
                        StoqProtocol.VERSIONS,
                        NETWORK,
                        ID,
                        PeerLeaves.hash(leaf),
                        repeated(4, 32),
                        Terms.own(Protection.CLASSICAL, PostQuantum.REQUIRED, true)
                                .withKey(kem.encapsulationKey())
                                .offers(),
                        chain,
                        new byte[] {5})
                .encode();
        byte[] clientStatement = HelloTranscript.clientStatement(1, ID, ID, challenge, clientCore);
        out.put("client-statement", clientStatement);
        byte[] clientHello = new HelloFrame.ClientHello(
                        1,
                        clientCore,
                        new HelloProof.Signed(HELLO_KEY.sign(StoqProtocol.CLIENT_TAG, NETWORK, clientStatement)))
                .encode();
        out.put("client-hello", clientHello);
        HeldTickets.Given ticket = new HeldTickets.Given(repeated(8, 40), repeated(9, 32), 3600);
        byte[] serverCore = new HelloFrame.ServerCore(
                        new Selection(Optional.of(encapsulated.ciphertext()), Optional.of(ticket)).offers(),
                        chain,
                        NOTHING)
                .encode();
        byte[] serverStatement = HelloTranscript.serverStatement(1, ID, ID, challenge, clientHello, serverCore);
        out.put("server-statement", serverStatement);
        byte[] serverHello = new HelloFrame.ServerHello(
                        serverCore,
                        new HelloProof.Signed(HELLO_KEY.sign(StoqProtocol.SERVER_TAG, NETWORK, serverStatement)))
                .encode();
        out.put("server-hello", serverHello);
        out.put("accepted", new HelloFrame.Accepted().encode());
        out.put("refusal", new HelloFrame.Refusal("UNKNOWN_NODE", "not a member").encode());
        out.put("sign-instead", new HelloFrame.SignInstead().encode());
        out.put("control-stopped", new ControlFrame.Stopped(4, 7).encode());
        out.put("control-ended", new ControlFrame.Ended(7, 100_000).encode());
        computeResumed(ticket, challenge, clientCore, chain);
        computeSealed(encapsulated.secret(), HelloTranscript.hash(challenge, clientHello, serverHello));
    }

    private void computeResumed(HeldTickets.Given ticket, byte[] challenge, byte[] clientCore, List<byte[]> chain) {
        byte[] statement = HelloTranscript.clientStatement(1, ID, ID, challenge, clientCore);
        byte[] clientHello = new HelloFrame.ClientHello(
                        1,
                        clientCore,
                        new HelloProof.Resumed(
                                ticket.ticket(),
                                Hashing.hmac(ticket.secret(), StoqProtocol.CLIENT_RESUME_TAG, statement)))
                .encode();
        out.put("resumed-client-hello", clientHello);
        byte[] serverCore = new HelloFrame.ServerCore(List.of(), chain, NOTHING).encode();
        byte[] answer = HelloTranscript.serverStatement(1, ID, ID, challenge, clientHello, serverCore);
        out.put(
                "resumed-server-hello-without-exchange",
                new HelloFrame.ServerHello(
                                serverCore,
                                new HelloProof.Resumed(
                                        NOTHING, Hashing.hmac(ticket.secret(), StoqProtocol.SERVER_RESUME_TAG, answer)))
                        .encode());
    }

    /** The key schedule, written from the specification, and what the implementation makes of it. */
    private void computeSealed(byte[] secret, Digest transcript) throws Exception {
        out.put("transcript", transcript.toBytes());
        byte[] prk = Hashing.hkdfExtract(transcript.toBytes(), Arrays.copyOf(secret, 64));
        byte[] client = Hashing.hkdfExpand(prk, new DomainTag("stoq/seal/client/v1"), NOTHING, 32);
        out.put("client-traffic", client);
        out.put("server-traffic", Hashing.hkdfExpand(prk, new DomainTag("stoq/seal/server/v1"), NOTHING, 32));
        byte[] stream = Hashing.hkdfExpand(client, new DomainTag("stoq/seal/stream/v1"), new byte[9], 32);
        out.put("client-stream-0-secret", stream);
        out.put("client-stream-0-key-iv", Hashing.hkdfExpand(stream, new DomainTag("stoq/seal/key/v1"), NOTHING, 44));
        out.put("client-stream-0-next", Hashing.hkdfExpand(stream, new DomainTag("stoq/seal/next/v1"), NOTHING, 32));

        SealSecrets clientSide = SealSecrets.derive(true, secret.clone(), new byte[32], transcript, new SealCiphers());
        SealSecrets serverSide = SealSecrets.derive(false, secret.clone(), new byte[32], transcript, new SealCiphers());
        RecordSealer asking = clientSide.sealer(true, 0);
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        sealed.write(new byte[8]);
        sealed.write(Sealed.seal(asking, "hello ".getBytes(US_ASCII), 0, 6, false, 0));
        sealed.write(Sealed.seal(asking, "stoq".getBytes(US_ASCII), 0, 4, true, 0));
        out.put("sealed-stream-0", sealed.toByteArray());
        out.put("sealed-answer-0", Sealed.seal(serverSide.sealer(false, 0), "ok".getBytes(US_ASCII), 0, 2, true, 0));
        out.put("sealed-datagram-0", new SealedDatagrams(clientSide).seal("datagram".getBytes(US_ASCII)));
    }
}
