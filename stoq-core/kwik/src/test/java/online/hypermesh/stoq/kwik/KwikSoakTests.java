package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import org.junit.jupiter.api.Test;

/**
 * Uploads without a repetition, an error or a pause. Twenty small ones by default; {@code -Dstoq.soak=500} runs so many of 20 to
 * 200 MB over 1, 4 and 16 streams.
 */
class KwikSoakTests {
    private static final System.Logger LOG = System.getLogger(KwikSoakTests.class.getName());
    private static final int DEFAULT_UPLOADS = 20;
    private static final int SMALL_BYTES = 1_000_000;
    private static final int MIN_BYTES = 20_000_000;
    private static final int MAX_BYTES = 200_000_000;
    private static final int[] STREAMS = {1, 4, 16};
    private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** On a machine that does other work too, the process itself is stopped now and then; the default form asks for less. */
    private static final long LENIENT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final Duration WAIT = Duration.ofSeconds(60);

    private final KwikEngine engine = new KwikEngine();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private record Received(long bytes, long checksum) {}

    @Test
    void uploadsArriveWithoutAPause() throws Exception {
        boolean full = System.getProperty("stoq.soak") != null;
        int uploads = Integer.getInteger("stoq.soak", DEFAULT_UPLOADS);
        SplittableRandom random = new SplittableRandom(20);
        AtomicLong longest = new AtomicLong();
        long bytes = 0;
        long nanos = 0;
        int slow = 0;
        try (Transport server = Loopback.open(engine, PostQuantum.PREFERRED);
                Transport client = Loopback.open(engine, PostQuantum.PREFERRED)) {
            for (int i = 0; i < uploads; i++) {
                int streams = STREAMS[i % STREAMS.length];
                int size = full ? random.nextInt(MIN_BYTES, MAX_BYTES) : SMALL_BYTES;
                long began = System.nanoTime();
                long pause = upload(server, client, streams, size / streams, i);
                long took = System.nanoTime() - began;
                bytes += size;
                nanos += took;
                longest.accumulateAndGet(pause, Math::max);
                slow += pause > STALL_NANOS ? 1 : 0;
                LOG.log(
                        System.Logger.Level.INFO,
                        "upload {0}: {1} MB on {2} streams in {3} ms, longest pause {4} ms, {5}",
                        i,
                        size / 1_000_000,
                        streams,
                        TimeUnit.NANOSECONDS.toMillis(took),
                        TimeUnit.NANOSECONDS.toMillis(pause),
                        engine.health());
                assertThat(pause).as("longest pause of upload %d in ns", i).isLessThan(LENIENT_NANOS);
            }
        } finally {
            threads.shutdownNow();
        }
        LOG.log(
                System.Logger.Level.INFO,
                "{0} uploads, {1} MB, {2} MB/s, longest pause {3} ms, over 250 ms {4}, {5}",
                uploads,
                bytes / 1_000_000,
                bytes * 1000 / Math.max(1, nanos),
                TimeUnit.NANOSECONDS.toMillis(longest.get()),
                slow,
                engine.health());
        if (full) {
            assertThat(slow).as("uploads with a pause of more than 250 ms").isZero();
            assertThat(engine.health().stalls()).isZero();
        }
        assertThat(engine.health().socketFailures()).isZero();
    }

    /** One connection; its streams are written at once. Returns the longest time in which no stream had a byte to read. */
    private long upload(Transport server, Transport client, int streams, int each, int seed) throws Exception {
        Connection dialed = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        AtomicLong lastNanos = new AtomicLong(System.nanoTime());
        AtomicLong longest = new AtomicLong();
        List<Future<Long>> written = new ArrayList<>();
        List<Future<Received>> read = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            long streamSeed = (long) seed << 8 | i;
            written.add(threads.submit(() -> write(dialed.open(), each, streamSeed)));
        }
        List<Long> checksums = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            Stream stream = accepted.accept(WAIT);
            read.add(threads.submit(() -> read(stream, lastNanos, longest)));
        }
        for (Future<Received> future : read) {
            Received received = future.get(10, TimeUnit.MINUTES);
            assertThat(received.bytes()).isEqualTo(each);
            checksums.add(received.checksum());
        }
        List<Long> sent = new ArrayList<>();
        for (Future<Long> future : written) {
            sent.add(future.get(1, TimeUnit.MINUTES));
        }
        assertThat(checksums).containsExactlyInAnyOrderElementsOf(sent);
        dialed.close(0, "");
        return longest.get();
    }

    private static long write(Stream stream, int length, long seed) {
        byte[] block = new byte[256 * 1024];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) random.nextInt();
        }
        CRC32C checksum = new CRC32C();
        for (int left = length; left > 0; ) {
            int n = Math.min(left, block.length);
            left -= n;
            block[0]++;
            checksum.update(block, 0, n);
            stream.write(block, 0, n, left == 0, WAIT);
        }
        return checksum.getValue();
    }

    private static Received read(Stream stream, AtomicLong lastNanos, AtomicLong longest) {
        byte[] buffer = new byte[64 * 1024];
        CRC32C checksum = new CRC32C();
        long total = 0;
        int n;
        do {
            n = stream.read(buffer, 0, buffer.length, WAIT);
            long now = System.nanoTime();
            longest.accumulateAndGet(now - lastNanos.getAndSet(now), Math::max);
            if (n > 0) {
                checksum.update(buffer, 0, n);
                total += n;
            }
        } while (n >= 0);
        return new Received(total, checksum.getValue());
    }
}
