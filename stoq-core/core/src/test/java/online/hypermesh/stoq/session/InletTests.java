package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.RawStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InletTests {
    private static final int STREAMS = 5;
    private static final int ROUNDS = 20_000;
    private static final int MOST_WAITING = 300_000;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    /** Takes everything and gives nothing. */
    private static final class Sponge implements RawStream {
        @Override
        public long id() {
            return 0;
        }

        @Override
        public boolean unidirectional() {
            return false;
        }

        @Override
        public void demand() {}

        @Override
        public boolean offer(byte[] bytes, int offset, int length, boolean last) {
            return true;
        }

        @Override
        public void resetSending(long code) {}

        @Override
        public void stopSending(long code) {}

        @Override
        public void reset(long code) {}
    }

    /** A stream, what was put into it and what came out. */
    private final class Fed {
        private final BufferedStream stream = new BufferedStream(
                new PlainConnection("peer", true, TransportLimits.DEFAULT, timer, Observers.NONE), true, true, null);
        private final ByteArrayOutputStream in = new ByteArrayOutputStream();
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Fed() {
            stream.attach(new Sponge());
        }

        void feed(SplittableRandom random) {
            byte[] bytes = new byte[1 + random.nextInt(1 << (1 + random.nextInt(17)))];
            random.nextBytes(bytes);
            in.writeBytes(bytes);
            if (random.nextInt(4) == 0) {
                stream.data(bytes.clone());
            } else {
                stream.data(new ArrivedArray(bytes));
                // the engine's memory is used again
                Arrays.fill(bytes, (byte) 0);
            }
        }

        void read(SplittableRandom random) {
            byte[] buffer = new byte[1 + random.nextInt(100_000)];
            int n = stream.readNow(buffer, 0, buffer.length);
            out.write(buffer, 0, n);
        }
    }

    @Test
    void everyStreamGivesWhatCameOnItInWhateverPieces() {
        SplittableRandom random = new SplittableRandom(7);
        Fed[] streams = new Fed[STREAMS];
        Arrays.setAll(streams, i -> new Fed());
        for (int i = 0; i < ROUNDS; i++) {
            Fed one = streams[random.nextInt(STREAMS)];
            if (one.in.size() - one.out.size() < MOST_WAITING && random.nextBoolean()) {
                one.feed(random);
            } else {
                one.read(random);
            }
            if (one.in.size() == one.out.size()) {
                assertThat(one.out.toByteArray()).isEqualTo(one.in.toByteArray());
                one.in.reset();
                one.out.reset();
            }
        }
        for (Fed one : streams) {
            while (one.out.size() < one.in.size()) {
                one.read(random);
            }
            assertThat(one.out.toByteArray()).isEqualTo(one.in.toByteArray());
        }
    }
}
