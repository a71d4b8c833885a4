package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import org.junit.jupiter.api.Test;

class RoughtimeTests {
    private static final HexFormat HEX = HexFormat.of();

    private final RoughtimeServer server = new RoughtimeServer(60, 1_790_000_000);
    private final byte[] request = Roughtime.request(server.key(), new byte[32]);

    /** Recorded from a server of another implementation (roughenough, test data of its protocol crate). */
    @Test
    void anotherImplementationsAnswerHolds() {
        byte[] foreign = new RoughtimeMessage()
                .put(RoughtimeMessage.VER, HEX.parseHex("0c000080"))
                .put(
                        RoughtimeMessage.NONC,
                        HEX.parseHex("071039e5723323191eaa7449e64e0b839b7a11028cbd943c31b28bfb93fadb32"))
                .put(RoughtimeMessage.TYPE, new byte[4])
                .put(RoughtimeMessage.ZZZZ, new byte[940])
                .packet();
        byte[] answer = HEX.parseHex(
                "524f55474854494d980100000700000040000000600000006400000064000000c40000005c010000534947004e4f4e4354595045504154485352455043455254494e4458768b564678ca7508f176ce2088348661d6eec5ca58877fe7d2d6025f349db21c"
                        + "416a51894ac90ef7071d12215b7c38e7654a3df2a6c6690627f0d74e2bb0ec0a071039e5723323191eaa7449e64e0b839b7a11028cbd943c31b28bfb93fadb3201000000050000000400000008000000100000001800000056455200524144494d494450"
                        + "56455253524f4f540c0000800500000002842f6800000000000000000c0000809d86f7cfd65a21cf2f0beee04dcaeb87fe2b547ebc8e84cc4ecc5d9eecdc74e202000000400000005349470044454c4524ec190045666e89c0283478f413d19441e0b395"
                        + "c4d7ad81354e8b557d907efdd843b942779a8cdfa4e82ef1b6bab7faf242f079c8901201638264a51b9ac2070300000020000000280000005055424b4d494e544d415854b9045bea9dccd4ba0c34181f5cf6994300d49b3b8611559518e01bbe66f9c5830000000000000000ffffffffffffffff00000000");
        VerifyKey source =
                VerifyKey.of(HEX.parseHex("016e6e0284d24c37c6e4d7d8d5b4e1d3c1949ceaa545bf875616c9dce0c9bec1"));

        assertThat(Roughtime.verify(source, foreign, answer)).contains(new Roughtime.Bounds(0x682f8402L, 5));
    }

    @Test
    void aRequestHasTheSizeAndShapeOfTheDraft() {
        assertThat(request).hasSize(1024);
        assertThat(HEX.formatHex(request, 0, 16)).isEqualTo("524f55474854494df403000005000000");
        RoughtimeMessage message = RoughtimeMessage.ofPacket(request).orElseThrow();
        assertThat(message.get(RoughtimeMessage.VER).orElseThrow()).containsExactly(HEX.parseHex("010000000c000080"));
        assertThat(message.packet()).isEqualTo(request);
    }

    @Test
    void anHonestAnswerHoldsAndEveryFlippedBitBreaksIt() {
        byte[] answer = server.answer(request);
        assertThat(Roughtime.verify(server.key(), request, answer)).contains(new Roughtime.Bounds(1_790_000_000, 3));
        for (int at = 0; at < answer.length; at += 3) {
            byte[] flipped = answer.clone();
            flipped[at] ^= (byte) (1 << at % 8);
            assertThat(Roughtime.verify(server.key(), request, flipped))
                    .as("byte " + at)
                    .isEmpty();
        }
        for (int length = 0; length < answer.length; length += 7) {
            assertThat(Roughtime.verify(server.key(), request, Arrays.copyOf(answer, length)))
                    .isEmpty();
        }
    }

    @Test
    void anAnswerHoldsOnlyForItsRequestAndSource() {
        byte[] answer = server.answer(request);
        byte[] nonce = new byte[32];
        nonce[31] = 1;
        assertThat(Roughtime.verify(server.key(), Roughtime.request(server.key(), nonce), answer))
                .isEmpty();
        VerifyKey other = new RoughtimeServer(61, 1).key();
        assertThat(Roughtime.verify(other, request, answer)).isEmpty();
    }

    @Test
    void aDelegationCountsOnlyWithinItsTimes() {
        server.notAfter = server.midpoint - 1;
        assertThat(Roughtime.verify(server.key(), request, server.answer(request)))
                .isEmpty();
        server.notAfter = server.midpoint;
        server.notBefore = server.midpoint;
        assertThat(Roughtime.verify(server.key(), request, server.answer(request)))
                .isPresent();
        server.notBefore = server.midpoint + 1;
        assertThat(Roughtime.verify(server.key(), request, server.answer(request)))
                .isEmpty();
        server.notBefore = 0;
        server.radius = 0;
        assertThat(Roughtime.verify(server.key(), request, server.answer(request)))
                .isEqualTo(Optional.empty());
    }
}
