package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameWatchTests {
    private static final class Seen implements FrameWatch.Receiver {
        final List<String> frames = new ArrayList<>();
        long bytes;

        @Override
        public void peerReset(long streamId, long code) {
            frames.add("reset " + streamId + " " + code);
        }

        @Override
        public void peerStopped(long streamId, long code) {
            frames.add("stop " + streamId + " " + code);
        }

        @Override
        public void streamBytes(long streamId, long count) {
            bytes += count;
        }
    }

    private static byte[] bytes(int... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int value : values) {
            out.write(value);
        }
        return out.toByteArray();
    }

    private static List<String> seen(int... payload) {
        Seen seen = new Seen();
        new FrameWatch(() -> seen).decrypted("Decrypted payload", bytes(payload));
        return seen.frames;
    }

    @Test
    void bytesOfStreamsAreCounted() {
        Seen seen = new Seen();
        new FrameWatch(() -> seen)
                .decrypted(
                        "Decrypted payload",
                        bytes(
                                0x0a, 0x04, 0x02, 9, 9, // with a length
                                0x0f, 0x04, 0x02, 0x01, 9, // offset, length, end
                                0x0c, 0x08, 0x05, 9, 9, 9)); // to the end
        assertThat(seen.bytes).isEqualTo(6);
    }

    @Test
    void resetsAndStopsAreFoundBehindEveryOtherFrame() {
        assertThat(seen(
                        0x00, 0x01, // padding, ping
                        0x02, 0x05, 0x00, 0x01, 0x01, 0x00, 0x00, // acknowledgement with one more range
                        0x03, 0x05, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01, // with congestion counts
                        0x06, 0x00, 0x02, 9, 9, // crypto
                        0x07, 0x01, 9, // token
                        0x10, 0x40, 0x50, // connection window
                        0x11, 0x04, 0x05, // stream window
                        0x12, 0x08, 0x15, 0x04, 0x09, // streams allowed, stream blocked
                        0x18, 0x01, 0x00, 0x02, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // connection id
                        0x1a, 1, 2, 3, 4, 5, 6, 7, 8, // path challenge
                        0x0e, 0x04, 0x00, 0x02, 9, 9, // stream with offset and length
                        0x04, 0x08, 0x40, 0x4d, 0x05, // reset of stream 8, code 77
                        0x05, 0x0c, 0x1e)) // stop of stream 12, code 30
                .containsExactly("reset 8 77", "stop 12 30");
    }

    @Test
    void aStreamWithoutLengthReachesToTheEnd() {
        assertThat(seen(0x08, 0x04, 0x04, 0x08, 0x01, 0x00)).isEmpty();
    }

    @Test
    void whatIsCutOffOrUnknownEndsTheWalk() {
        assertThat(seen(0x04, 0x08)).isEmpty();
        assertThat(seen(0x04, 0x08, 0xc0, 1, 2)).isEmpty();
        assertThat(seen(0x3f, 0x04, 0x08, 0x01, 0x00)).isEmpty();
        SplittableRandom random = new SplittableRandom(5);
        assertThatCode(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        byte[] payload = new byte[random.nextInt(40)];
                        random.nextBytes(payload);
                        new FrameWatch(Seen::new).decrypted("Decrypted payload", payload);
                    }
                })
                .doesNotThrowAnyException();
    }

    @Test
    void otherMessagesAreNotPayloads() {
        Seen seen = new Seen();
        new FrameWatch(() -> seen).decrypted("Stream data", bytes(0x04, 0x08, 0x01, 0x00));
        assertThat(seen.frames).isEmpty();
    }
}
