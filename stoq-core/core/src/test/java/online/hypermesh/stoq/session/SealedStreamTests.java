package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.spi.Arrived;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.junit.jupiter.api.Test;

class SealedStreamTests {
    private final SealSecrets client = secrets(true);
    private final SealSecrets server = secrets(false);
    private final List<StoqException> violations = new ArrayList<>();

    private static SealSecrets secrets(boolean client) {
        return SealSecrets.derive(client, new byte[32], new byte[32], Digest.ZERO, new SealCiphers());
    }

    /** The engine's stream: keeps what is sent. */
    private static final class Wire implements RawStream {
        final ArrayDeque<byte[]> sent = new ArrayDeque<>();
        boolean ended;
        boolean full;
        int demands;

        @Override
        public long id() {
            return 4;
        }

        @Override
        public void demand() {
            demands++;
        }

        @Override
        public boolean offer(byte[] bytes, int offset, int length, boolean last) {
            if (full) {
                return false;
            }
            sent.add(Arrays.copyOfRange(bytes, offset, offset + length));
            ended |= last;
            return true;
        }

        @Override
        public boolean unidirectional() {
            return false;
        }

        @Override
        public void resetSending(long code) {}

        @Override
        public void stopSending(long code) {}

        @Override
        public void reset(long code) {}

        byte[] all() {
            byte[] joined = new byte[sent.stream().mapToInt(b -> b.length).sum()];
            int at = 0;
            for (byte[] part : sent) {
                System.arraycopy(part, 0, joined, at, part.length);
                at += part.length;
            }
            return joined;
        }
    }

    /** The stream above: keeps what arrives. */
    private static final class Above implements StreamSink {
        final Wire joined = new Wire();
        boolean ended;
        int writable;
        StoqException failure;

        @Override
        public void data(byte[] bytes) {
            joined.sent.add(bytes);
        }

        @Override
        public void end() {
            ended = true;
        }

        @Override
        public void opened() {}

        @Override
        public void reset(OptionalLong code) {}

        @Override
        public void stopped(OptionalLong code) {}

        @Override
        public void writable() {
            writable++;
        }

        @Override
        public void failed(StoqException reason) {
            failure = reason;
        }
    }

    private record Side(SealedStream stream, Wire wire, Above above) {}

    private Side opened(SealSecrets secrets) {
        Above above = new Above();
        Wire wire = new Wire();
        SealedStream stream = SealedStream.opened(secrets, above, violations::add);
        stream.attach(wire);
        return new Side(stream, wire, above);
    }

    private Side accepted(SealSecrets secrets) {
        Above above = new Above();
        Wire wire = new Wire();
        SealedStream stream = SealedStream.accepted(secrets, above, violations::add);
        stream.attach(wire);
        return new Side(stream, wire, above);
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    private static void deliver(byte[] bytes, Side to, SplittableRandom random) {
        int at = 0;
        while (at < bytes.length) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(40_000));
            to.stream().data(Arrays.copyOfRange(bytes, at, at + n));
            at += n;
        }
    }

    @Test
    void bytesOfAnySizeComeThroughInAnyPieces() {
        for (int length : new int[] {0, 1, 65_535, 65_536, 65_537, 300_000}) {
            byte[] content = random(length, length);
            Side from = opened(client);
            Side to = accepted(server);
            assertThat(from.stream().offer(content, 0, length / 2, false)).isTrue();
            assertThat(from.stream().offer(content, length / 2, length - length / 2, true))
                    .isTrue();
            assertThat(from.wire().ended).isTrue();
            deliver(from.wire().all(), to, new SplittableRandom(length));
            to.stream().end();
            assertThat(to.above().joined.all()).isEqualTo(content);
            assertThat(to.above().ended).isTrue();
            // and an answer on the same stream
            assertThat(to.stream().offer(content, 0, length, true)).isTrue();
            deliver(to.wire().all(), from, new SplittableRandom(1));
            from.stream().end();
            assertThat(from.above().joined.all()).isEqualTo(content);
        }
        assertThat(violations).isEmpty();
    }

    @Test
    void nothingOfTheContentIsOnTheWireAndEqualContentLooksDifferent() {
        byte[] content = new byte[1000];
        Side one = opened(client);
        Side two = opened(client);
        one.stream().offer(content, 0, content.length, true);
        two.stream().offer(content, 0, content.length, true);
        byte[] first = Arrays.copyOfRange(one.wire().all(), 12, 1012);
        assertThat(first).isNotEqualTo(content);
        assertThat(first).isNotEqualTo(Arrays.copyOfRange(two.wire().all(), 12, 1012));
    }

    @Test
    void everyChangedByteIsNoticed() {
        Side from = opened(client);
        byte[] content = random(100, 1);
        from.stream().offer(content, 0, 100, true);
        byte[] wire = from.wire().all();
        for (int i = 0; i < wire.length; i++) {
            byte[] changed = wire.clone();
            changed[i] ^= 1;
            Side to = accepted(secrets(false));
            to.stream().data(changed);
            to.stream().end();
            assertThat(to.above().failure).as("byte " + i).isNotNull();
            assertThat(to.above().ended).isFalse();
            assertThat(to.above().joined.all()).as("byte " + i).isEmpty();
        }
        assertThat(violations).hasSize(wire.length);
    }

    @Test
    void aCutStreamIsNoticedWhereverItWasCut() {
        Side from = opened(client);
        from.stream().offer(random(100, 1), 0, 100, false);
        from.stream().offer(random(100, 2), 0, 100, true);
        byte[] wire = from.wire().all();
        for (int length = 0; length < wire.length; length++) {
            Side to = accepted(secrets(false));
            to.stream().data(Arrays.copyOf(wire, length));
            to.stream().end();
            assertThat(to.above().failure).as("cut at " + length).isNotNull();
            assertThat(to.above().failure.code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
            assertThat(to.above().ended).isFalse();
        }
    }

    @Test
    void recordsCannotBeRepeatedSwappedOrLeftOut() {
        Side from = opened(client);
        for (int i = 0; i < 3; i++) {
            from.stream().offer(random(50, i), 0, 50, i == 2);
        }
        List<byte[]> records = List.copyOf(from.wire().sent);
        int[][] orders = {{0, 0, 1, 2}, {0, 2, 1}, {0, 2}, {0, 1, 1, 2}, {0, 1, 2, 2}};
        for (int[] order : orders) {
            Side to = accepted(secrets(false));
            for (int i : order) {
                to.stream().data(records.get(i));
            }
            assertThat(to.above().failure).as(Arrays.toString(order)).isNotNull();
        }
    }

    @Test
    void recordsOfOneStreamOrDirectionDoNotOpenInAnother() {
        Side one = opened(client);
        Side two = opened(client);
        one.stream().offer(random(50, 1), 0, 50, true);
        two.stream().offer(random(50, 2), 0, 50, true);
        byte[] spliced = two.wire().all();
        System.arraycopy(one.wire().all(), 8, spliced, 8, spliced.length - 8);
        Side to = accepted(secrets(false));
        to.stream().data(spliced);
        assertThat(to.above().failure).isNotNull();

        // back to its sender
        Side reflected = accepted(secrets(true));
        reflected.stream().data(one.wire().all());
        assertThat(reflected.above().failure).isNotNull();
        Side answered = opened(secrets(true));
        answered.stream().offer(new byte[0], 0, 0, false);
        answered.stream()
                .data(Arrays.copyOfRange(one.wire().all(), 8, one.wire().all().length));
        assertThat(answered.above().failure).isNotNull();
    }

    @Test
    void aWholeStreamCannotBeReplayed() {
        Side from = opened(client);
        from.stream().offer(random(50, 1), 0, 50, true);
        Side to = accepted(server);
        to.stream().data(from.wire().all());
        assertThat(to.above().failure).isNull();
        Side again = accepted(server);
        again.stream().data(from.wire().all());
        assertThat(again.above().failure).isNotNull();
        assertThat(again.above().joined.all()).isEmpty();
    }

    @Test
    void anOverlongRecordIsRefusedBeforeAnythingIsAllocated() {
        Side to = accepted(server);
        byte[] bytes = new byte[12];
        bytes[8] = 0x7f;
        to.stream().data(bytes);
        assertThat(to.above().failure.code()).isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
    }

    @Test
    void whatTheEngineRefusesGoesOutLaterAndUnchanged() {
        Side from = opened(client);
        from.wire().full = true;
        byte[] content = random(200, 3);
        assertThat(from.stream().offer(content, 0, 100, false)).isTrue();
        assertThat(from.stream().offer(content, 100, 100, true)).isFalse();
        from.stream().writable();
        assertThat(from.above().writable).isZero();
        from.wire().full = false;
        from.stream().writable();
        assertThat(from.above().writable).isEqualTo(1);
        assertThat(from.stream().offer(content, 100, 100, true)).isTrue();
        Side to = accepted(server);
        to.stream().data(from.wire().all());
        to.stream().end();
        assertThat(to.above().joined.all()).isEqualTo(content);
        assertThat(to.above().ended).isTrue();
    }

    @Test
    void anAcceptedStreamIsWritableOnceItsNumberIsKnown() {
        Side to = accepted(server);
        assertThat(to.stream().offer(new byte[1], 0, 1, false)).isFalse();
        Side from = opened(client);
        from.stream().offer(new byte[0], 0, 0, false);
        to.stream().data(from.wire().all());
        assertThat(to.above().writable).isEqualTo(1);
        assertThat(to.stream().offer(new byte[1], 0, 1, false)).isTrue();
        from.stream().data(to.wire().all());
        assertThat(from.above().joined.all()).hasSize(1);
    }

    @Test
    void recordsThatTheEngineRefusedStayAsTheyAreWhileOtherStreamsSeal() {
        byte[] content = random(1000, 7);
        Side from = opened(client);
        from.wire().full = true;
        assertThat(from.stream().offer(content, 0, content.length, true)).isTrue();
        for (int i = 0; i < 3; i++) {
            opened(client).stream().offer(random(5000, i), 0, 5000, true);
        }
        from.wire().full = false;
        from.stream().writable();
        Side to = accepted(server);
        to.stream().data(from.wire().all());
        to.stream().end();
        assertThat(to.above().joined.all()).isEqualTo(content);
        assertThat(violations).isEmpty();
    }

    @Test
    void bytesInTheEnginesMemoryAreAllTakenAtOnce() {
        byte[] content = random(200_000, 8);
        Side from = opened(client);
        from.stream().offer(content, 0, content.length, true);
        Side to = accepted(server);
        Arrived arrived = new ArrivedArray(from.wire().all());
        to.stream().data(arrived);
        to.stream().end();
        assertThat(arrived.remaining()).isZero();
        assertThat(to.above().joined.all()).isEqualTo(content);
    }

    @Test
    void memoryForVeryLongOffersIsNotKept() {
        SealCiphers ciphers = new SealCiphers();
        SealCipher cipher = ciphers.borrow();
        byte[] usual = cipher.buffer(128 * 1024);
        ciphers.giveBack(cipher);
        assertThat(ciphers.borrow()).isSameAs(cipher);
        assertThat(cipher.buffer(1)).isSameAs(usual);
        byte[] large = cipher.buffer(1 << 20);
        ciphers.giveBack(cipher);
        assertThat(cipher.buffer(1)).isNotSameAs(large);
    }

    @Test
    void anIncompleteRecordAsksForMore() {
        Side from = opened(client);
        from.stream().offer(random(100, 1), 0, 100, true);
        Side to = accepted(server);
        to.stream().data(Arrays.copyOf(from.wire().all(), 50));
        assertThat(to.wire().demands).isEqualTo(1);
    }

    @Test
    void keysChangeAfterTheirShareOfRecords() {
        Side from = opened(client);
        Side to = accepted(server);
        byte[] content = {1};
        for (int i = 0; i < 2 * RecordKeys.RECORDS_PER_KEY + 3; i++) {
            from.stream().offer(content, 0, 1, false);
            to.stream().data(from.wire().sent.remove());
        }
        assertThat(to.above().joined.sent).hasSize(2 * RecordKeys.RECORDS_PER_KEY + 3);
        assertThat(violations).isEmpty();
        RecordKeys keys = new RecordKeys(new byte[32]);
        byte[] first = keys.key().getEncoded();
        for (int i = 0; i < RecordKeys.RECORDS_PER_KEY; i++) {
            assertThat(Arrays.equals(keys.key().getEncoded(), first)).isTrue();
            keys.takeNonce();
        }
        assertThat(keys.key().getEncoded()).isNotEqualTo(first);
    }
}
