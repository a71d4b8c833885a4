package online.hypermesh.tck.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Behaviour of one connection with many streams that all have much to send, over any
 * {@link online.hypermesh.stoq.spi.TransportEngine}; extend and supply the engine.
 */
@Timeout(120)
public abstract class CrowdContract extends TwoParties {
    private static final int WINDOW_BYTES = 1 << 16;
    private static final int MANY_BYTES = 1 << 19;
    private static final int UNREAD = 12;
    private static final int UPLOADS = 100;

    /** For subclasses. */
    protected CrowdContract() {}

    private Pair connectedWith(TransportLimits limits) {
        Transport listening = open(server, limits);
        Connection dialed = open(client, limits).connect(server.at(listening), WAIT);
        return new Pair(dialed, listening.accept(WAIT));
    }

    @Test
    void streamsThatNobodyReadsDoNotKeepOthersFromSending() throws Exception {
        TransportLimits limits = TransportLimits.DEFAULT.toBuilder()
                .windows(WINDOW_BYTES, 1 << 24)
                .build();
        Pair pair = connectedWith(limits);
        byte[] much = pattern(MANY_BYTES, 1);
        for (int i = 0; i < UNREAD; i++) {
            assertThat(pair.dialed().open().offer(much, 0, much.length, false)).isTrue();
            pair.accepted().accept(WAIT);
        }
        Stream read = pair.dialed().open();
        Future<byte[]> arrived =
                threads.submit(() -> pair.accepted().accept(WAIT).readToEnd(MANY_BYTES, WAIT));
        read.write(much, 0, much.length, true, WAIT);
        assertThat(arrived.get()).isEqualTo(much);
        assertEchoes(pair);
    }

    @Test
    void manyUploadsAtOnceArriveWhole() throws Exception {
        Pair pair = connectedWith(TransportLimits.DEFAULT);
        List<Stream> uploads = new ArrayList<>();
        for (int i = 0; i < UPLOADS; i++) {
            Stream upload = pair.dialed().open();
            byte[] bytes = pattern(MANY_BYTES / 2, i);
            assertThat(upload.offer(bytes, 0, bytes.length / 2, false)).isTrue();
            assertThat(upload.offer(bytes, bytes.length / 2, 7, false)).isTrue();
            assertThat(upload.offer(bytes, bytes.length / 2 + 7, bytes.length / 2 - 7, true))
                    .isTrue();
            uploads.add(upload);
        }
        List<Future<?>> echoes = new ArrayList<>();
        for (int i = 0; i < UPLOADS; i++) {
            Stream accepted = pair.accepted().accept(WAIT);
            echoes.add(threads.submit(() -> echo(accepted)));
        }
        for (int i = 0; i < UPLOADS; i++) {
            assertThat(uploads.get(i).readToEnd(MANY_BYTES, WAIT)).isEqualTo(pattern(MANY_BYTES / 2, i));
        }
        for (Future<?> echo : echoes) {
            echo.get();
        }
    }

    @Test
    void aStreamThatIsResetWhileItWaitsLeavesTheLine() throws Exception {
        Pair pair = connectedWith(TransportLimits.DEFAULT);
        byte[] much = pattern(MANY_BYTES, 2);
        for (int i = 0; i < UPLOADS; i++) {
            Stream upload = pair.dialed().open();
            assertThat(upload.offer(much, 0, much.length, false)).isTrue();
            upload.reset(i);
        }
        Stream read = pair.dialed().open();
        Future<byte[]> arrived = threads.submit(() -> {
            while (true) {
                Stream accepted = pair.accepted().accept(WAIT);
                if (accepted.id() == read.id()) {
                    return accepted.readToEnd(MANY_BYTES, WAIT);
                }
            }
        });
        read.write(much, 0, much.length, true, WAIT);
        assertThat(arrived.get()).isEqualTo(much);
    }
}
