package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Feeds what reads foreign bytes before or beside Kwik with frames and datagrams that are whole, cut, joined and damaged. Runs
 * for a tenth of a second each; {@code -Dfuzz.minutes=10} is the long form. A failure names its seed, which {@code
 * -Dfuzz.seed} repeats.
 */
class KwikFuzzTests {
    private static final long NANOS_EACH =
            (long) (60e9 * Double.parseDouble(System.getProperty("fuzz.minutes", "0.0017")));
    private static final int MAX_PAYLOAD_BYTES = 1500;
    private static final long MAX_NUMBER = (1L << 62) - 1;

    private interface Case {
        void run(SplittableRandom random) throws Exception;
    }

    private static void fuzz(Case one) {
        long end = System.nanoTime() + NANOS_EACH;
        long first = Long.getLong("fuzz.seed", 0);
        for (long seed = first; seed < first + 1000 || System.nanoTime() < end; seed++) {
            try {
                one.run(new SplittableRandom(seed));
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Everything that was told, in order; a number of RFC 9000 has 62 bits. */
    private static final class Told implements FrameWatch.Receiver {
        final List<String> events = new ArrayList<>();
        long bytes;

        @Override
        public void peerReset(long streamId, long code) {
            assertThat(streamId).isBetween(0L, MAX_NUMBER);
            assertThat(code).isBetween(0L, MAX_NUMBER);
            events.add("reset " + streamId + " " + code);
        }

        @Override
        public void peerStopped(long streamId, long code) {
            assertThat(streamId).isBetween(0L, MAX_NUMBER);
            assertThat(code).isBetween(0L, MAX_NUMBER);
            events.add("stop " + streamId + " " + code);
        }

        @Override
        public void streamBytes(long streamId, long count) {
            assertThat(streamId).isBetween(0L, MAX_NUMBER);
            assertThat(count).isBetween(0L, (long) MAX_PAYLOAD_BYTES);
            bytes += count;
            events.add("bytes " + streamId + " " + count);
        }
    }

    /** A payload as a peer may send it, and what is to be told of it. */
    private static final class Payload {
        final ByteBuffer out = ByteBuffer.allocate(MAX_PAYLOAD_BYTES);
        final List<String> events = new ArrayList<>();
        private final SplittableRandom random;

        Payload(SplittableRandom random) {
            this.random = random;
            for (int frames = random.nextInt(12); frames > 0; frames--) {
                frame();
            }
            if (random.nextBoolean()) {
                stream(0x08 | random.nextInt(2) << 2 | random.nextInt(2));
            }
        }

        byte[] bytes() {
            return Arrays.copyOf(out.array(), out.position());
        }

        /** A number in any of its four lengths, not only the shortest. */
        private long number() {
            int length = random.nextInt(4);
            long value = random.nextLong() >>> (2 + 64 - 8 * (1 << length));
            return number(value, length);
        }

        private long number(long value, int length) {
            long marked = value | (long) length << (8 * (1 << length) - 2);
            for (int i = (1 << length) - 1; i >= 0; i--) {
                out.put((byte) (marked >>> (8 * i)));
            }
            return value;
        }

        private void content(int count) {
            byte[] content = new byte[count];
            random.nextBytes(content);
            out.put(content);
        }

        private void numbers(int count) {
            for (int i = 0; i < count; i++) {
                number();
            }
        }

        private void frame() {
            int type = random.nextInt(0x1c); // those behind are a close and the end of the hello
            if (type >= 0x08 && type <= 0x0f) {
                stream(type | 0x02);
                return;
            }
            out.put((byte) type);
            switch (type) {
                case 0x02, 0x03 -> {
                    numbers(2);
                    int ranges = random.nextInt(4);
                    number(ranges, random.nextInt(4));
                    numbers(1 + 2 * ranges + (type == 0x03 ? 3 : 0));
                }
                case 0x04 -> {
                    events.add("reset " + number() + " " + number());
                    number();
                }
                case 0x05 -> events.add("stop " + number() + " " + number());
                case 0x06 -> {
                    number();
                    counted();
                }
                case 0x07 -> counted();
                case 0x11, 0x15 -> numbers(2);
                case 0x18 -> {
                    numbers(2);
                    int length = random.nextInt(21);
                    out.put((byte) length);
                    content(length + 16);
                }
                case 0x1a, 0x1b -> content(8);
                case 0x10, 0x12, 0x13, 0x14, 0x16, 0x17, 0x19 -> number();
                default -> {}
            }
        }

        /** Of a type without a length (0x02) it reaches to the end of the payload. */
        private void stream(int type) {
            out.put((byte) type);
            long id = number();
            if ((type & 0x04) != 0) {
                number();
            }
            int count;
            if ((type & 0x02) != 0) {
                count = counted();
            } else {
                count = random.nextInt(40);
                content(count);
            }
            events.add("bytes " + id + " " + count);
        }

        private int counted() {
            int count = random.nextInt(40);
            number(count, random.nextInt(4));
            content(count);
            return count;
        }
    }

    private static Told told(byte[] payload) {
        Told told = new Told();
        new FrameWatch(() -> told).decrypted("Decrypted payload", payload);
        assertThat(told.bytes).isLessThanOrEqualTo(payload.length);
        return told;
    }

    @Test
    void everyFrameOfAWholePayloadIsTold() {
        fuzz(random -> {
            Payload payload = new Payload(random);
            assertThat(told(payload.bytes()).events).isEqualTo(payload.events);
        });
    }

    @Test
    void ofACutPayloadWhatCameBeforeTheCutIsTold() {
        fuzz(random -> {
            Payload payload = new Payload(random);
            byte[] whole = payload.bytes();
            int length = random.nextInt(whole.length + 1);
            List<String> events = told(Arrays.copyOf(whole, length)).events;
            assertThat(events).hasSizeLessThanOrEqualTo(payload.events.size());
            // the last may be a stream that reached further
            int sure = Math.max(0, events.size() - 1);
            assertThat(events.subList(0, sure)).isEqualTo(payload.events.subList(0, sure));
        });
    }

    @Test
    void damagedPayloadsAreReadToWhereTheyMakeNoSense() {
        fuzz(random -> {
            byte[] payload =
                    random.nextInt(4) == 0 ? new byte[random.nextInt(MAX_PAYLOAD_BYTES)] : new Payload(random).bytes();
            if (random.nextInt(4) == 0) {
                random.nextBytes(payload);
            }
            for (int changes = random.nextInt(8); changes > 0 && payload.length > 0; changes--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            assertThat(told(payload).events).hasSizeLessThanOrEqualTo(payload.length);
        });
    }

    @Test
    void theGateTakesAnyDatagramAndNeverMoreThanItsPlaces() throws Exception {
        int limit = 8;
        InetSocketAddress[] sources = new InetSocketAddress[16];
        for (int i = 0; i < sources.length; i++) {
            byte[] address = new byte[16];
            address[0] = 0x20;
            address[7] = (byte) (i / 2);
            sources[i] = new InetSocketAddress(InetAddress.getByAddress(address), 1000 + i);
        }
        fuzz(random -> {
            AtomicLong now = new AtomicLong(random.nextLong());
            InitialGate gate = new InitialGate(limit, limit / 2, 100, now::get, new KwikHealth());
            for (int i = 0; i < 64; i++) {
                DatagramPacket packet = datagram(random, sources[random.nextInt(sources.length)]);
                if (random.nextInt(4) == 0) {
                    gate.sending(packet);
                } else {
                    gate.admits(packet);
                }
            }
            now.addAndGet(100);
            int again = 0;
            for (int i = 0; i < 2 * limit; i++) {
                byte[] data = new byte[1200];
                data[0] = (byte) 0xc0;
                data[4] = 1;
                data[5] = 20;
                data[6] = (byte) 0xff;
                data[7] = (byte) i;
                again += gate.admits(new DatagramPacket(data, data.length, sources[i])) ? 1 : 0;
            }
            assertThat(again)
                    .as("places, once those before have had their time")
                    .isEqualTo(limit);
        });
    }

    /** Bytes of a long or short header, or none at all, somewhere in a buffer. */
    private static DatagramPacket datagram(SplittableRandom random, InetSocketAddress from) {
        int length = random.nextInt(3) == 0 ? random.nextInt(40) : 1200 + random.nextInt(300);
        int offset = random.nextInt(8);
        byte[] data = new byte[offset + length];
        if (random.nextBoolean()) {
            random.nextBytes(data);
        }
        if (length > 6 && random.nextBoolean()) {
            data[offset] = (byte) (0xc0 | random.nextInt(64));
            data[offset + 4] = 1;
            data[offset + 5] = (byte) random.nextInt(24);
        }
        return new DatagramPacket(data, offset, length, from);
    }
}
