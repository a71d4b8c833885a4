package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class HelloFrameTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);
    private static final List<X509Certificate> CHAIN =
            SelfSignedLeaf.create(KEY, NETWORK, Duration.ofHours(1)).chain();
    private static final Signature SIGNATURE = Signature.of(new byte[64]);

    private static final List<Offer> OFFERS =
            List.of(new Offer(1, false, new byte[] {1}), new Offer(9, true, new byte[20]));
    private static final HelloFrame.ClientCore CLIENT_CORE = new HelloFrame.ClientCore(
            List.of(1, 2),
            NETWORK,
            NodeId.of(KEY.verifyKey()),
            Digest.ZERO,
            new byte[32],
            OFFERS,
            PeerLeaves.encoded(CHAIN),
            new byte[100]);
    private static final HelloFrame.ServerCore SERVER_CORE =
            new HelloFrame.ServerCore(OFFERS, PeerLeaves.encoded(CHAIN), new byte[0]);

    private static List<HelloFrame> oneOfEach() {
        HelloProof signed = new HelloProof.Signed(SIGNATURE);
        return List.of(
                new HelloFrame.Challenge(List.of(1), new byte[32], OFFERS),
                new HelloFrame.ClientHello(1, CLIENT_CORE.encode(), signed),
                new HelloFrame.ClientHello(1, CLIENT_CORE.encode(), new HelloProof.Resumed(new byte[200], Digest.ZERO)),
                new HelloFrame.ServerHello(SERVER_CORE.encode(), signed),
                new HelloFrame.Accepted(),
                new HelloFrame.Refusal("UNKNOWN_NODE", "who are you"),
                new HelloFrame.SignInstead());
    }

    private static StoqException.Code refused(byte[] frame) {
        StoqException failure = catchThrowableOfType(StoqException.class, () -> HelloFrame.decode(frame));
        assertThat(failure).isNotNull();
        return failure.code();
    }

    @Test
    void everyFrameRoundTrips() {
        for (HelloFrame frame : oneOfEach()) {
            byte[] encoded = frame.encode();
            HelloFrame decoded = HelloFrame.decode(encoded);
            assertThat(decoded).isInstanceOf(frame.getClass());
            assertThat(decoded.encode()).isEqualTo(encoded);
        }
    }

    @Test
    void aDamagedFrameIsRefusedOrEncodesToItself() {
        SplittableRandom random = new SplittableRandom(3);
        for (HelloFrame frame : oneOfEach()) {
            byte[] encoded = frame.encode();
            for (int i = 0; i < 400; i++) {
                byte[] damaged = encoded.clone();
                for (int j = random.nextInt(3); j >= 0; j--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
                damaged = Arrays.copyOf(damaged, Math.max(0, damaged.length - random.nextInt(3)));
                try {
                    assertThat(HelloFrame.decode(damaged).encode()).isEqualTo(damaged);
                } catch (StoqException e) {
                    assertThat(e.code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
                }
            }
        }
    }

    @Test
    void coresRoundTrip() {
        byte[] client = CLIENT_CORE.encode();
        assertThat(HelloFrame.ClientCore.decode(client).encode()).isEqualTo(client);
        byte[] server = SERVER_CORE.encode();
        assertThat(HelloFrame.ServerCore.decode(server).encode()).isEqualTo(server);
    }

    @Test
    void unknownTypesAndSizesAreRefused() {
        assertThat(refused(new byte[0])).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter().array(1).uint(9).toBytes())).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter().array(2).uint(4).uint(0).toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new HelloFrame.Challenge(List.of(1), new byte[33], OFFERS).encode()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new HelloFrame.Challenge(List.of(), new byte[32], OFFERS).encode()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new HelloFrame.Challenge(List.of(2, 1), new byte[32], OFFERS).encode()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new HelloFrame.Challenge(List.of(1), new byte[32], List.of(OFFERS.get(1), OFFERS.get(0)))
                        .encode()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new HelloFrame.ServerHello(
                                new byte[HelloFrame.MAX_CORE_BYTES + 1], new HelloProof.Signed(SIGNATURE))
                        .encode()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        HelloFrame.ServerCore fiveCertificates = new HelloFrame.ServerCore(
                OFFERS, List.of(new byte[9], new byte[9], new byte[9], new byte[9], new byte[9]), new byte[0]);
        assertThat(refusedCore(fiveCertificates)).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        HelloFrame.ServerCore noCertificate = new HelloFrame.ServerCore(OFFERS, List.of(), new byte[0]);
        assertThat(refusedCore(noCertificate)).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        HelloFrame.ServerCore longStaple = new HelloFrame.ServerCore(
                OFFERS, PeerLeaves.encoded(CHAIN), new byte[Credentials.MAX_STAPLE_BYTES + 1]);
        assertThat(refusedCore(longStaple)).isEqualTo(StoqException.Code.MALFORMED_FRAME);
    }

    private static StoqException.Code refusedCore(HelloFrame.ServerCore core) {
        StoqException failure =
                catchThrowableOfType(StoqException.class, () -> HelloFrame.ServerCore.decode(core.encode()));
        assertThat(failure).isNotNull();
        return failure.code();
    }

    @Test
    void anotherVersionIsRefusedAndBothAreNamed() {
        byte[] hello = new HelloFrame.ClientHello(7, new byte[1], new HelloProof.Signed(SIGNATURE)).encode();
        StoqException failure = catchThrowableOfType(StoqException.class, () -> HelloFrame.decode(hello));
        assertThat(failure.code()).isEqualTo(StoqException.Code.VERSION_MISMATCH);
        assertThat(failure).hasMessageContaining("version 1").hasMessageContaining("peer 7");
    }

    @Test
    void theHighestCommonVersionIsChosenAndALowerOneIsNoticed() {
        assertThat(StoqProtocol.choose(List.of(1, 9))).isEqualTo(1);
        StoqProtocol.requireBest(1, List.of(1, 9));
        assertThat(catchThrowableOfType(StoqException.class, () -> StoqProtocol.choose(List.of(2, 3)))
                        .code())
                .isEqualTo(StoqException.Code.VERSION_MISMATCH);
        assertThat(catchThrowableOfType(StoqException.class, () -> StoqProtocol.requireBest(1, List.of(9)))
                        .code())
                .isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void aRefusalIsCutToItsLimitsAndPrintable() {
        HelloFrame.Refusal refusal = (HelloFrame.Refusal) HelloFrame.decode(
                new HelloFrame.Refusal("C".repeat(100), "line\nbreak \u00fc" + "x".repeat(5000)).encode());
        assertThat(refusal.code()).hasSize(64);
        assertThat(refusal.detail()).hasSize(1024).startsWith("line?break ?");
    }
}
