package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Protection;
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

    private static List<HelloFrame> oneOfEach() {
        return List.of(
                new HelloFrame.Challenge(new byte[32]),
                new HelloFrame.ClientHello(
                        NETWORK,
                        NodeId.of(KEY.verifyKey()),
                        Digest.ZERO,
                        new byte[32],
                        Protection.HYBRID,
                        CHAIN,
                        new byte[100],
                        SIGNATURE),
                new HelloFrame.ServerHello(Protection.CLASSICAL, CHAIN, new byte[0], SIGNATURE),
                new HelloFrame.Accepted(),
                new HelloFrame.Refusal("UNKNOWN_NODE", "who are you"));
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
    void unknownTypesVersionsAndSizesAreRefused() {
        assertThat(refused(new byte[0])).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter().array(1).uint(9).toBytes())).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter().array(2).uint(4).uint(0).toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter()
                        .array(3)
                        .uint(1)
                        .uint(2)
                        .bytes(new byte[32])
                        .toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter()
                        .array(3)
                        .uint(1)
                        .uint(1)
                        .bytes(new byte[33])
                        .toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        CborWriter tooMany = new CborWriter().array(5).uint(3).uint(1).array(5);
        for (int i = 0; i < 5; i++) {
            tooMany.bytes(new byte[10]);
        }
        assertThat(refused(tooMany.bytes(new byte[0]).bytes(new byte[64]).toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
        assertThat(refused(new CborWriter()
                        .array(5)
                        .uint(3)
                        .uint(1)
                        .array(1)
                        .bytes(new byte[100])
                        .bytes(new byte[Credentials.MAX_STAPLE_BYTES + 1])
                        .bytes(new byte[64])
                        .toBytes()))
                .isEqualTo(StoqException.Code.MALFORMED_FRAME);
    }

    @Test
    void aRefusalIsCutToItsLimitsAndPrintable() {
        HelloFrame.Refusal refusal = (HelloFrame.Refusal) HelloFrame.decode(
                new HelloFrame.Refusal("C".repeat(100), "line\nbreak \u00fc" + "x".repeat(5000)).encode());
        assertThat(refusal.code()).hasSize(64);
        assertThat(refusal.detail()).hasSize(1024).startsWith("line?break ?");
    }
}
