package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.TransportEngine;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two parties on one engine, and what contracts do with them. */
abstract class TwoParties {
    static final Duration WAIT = Facts.WAIT;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    TransportEngine engine;
    ExecutorService threads;
    Party server;
    Party client;

    /**
     * The engine under test, in which {@code [::1]} reaches every endpoint of one test.
     *
     * @return an engine that can run here
     */
    protected abstract TransportEngine engine();

    @BeforeEach
    void begin() {
        engine = engine();
        threads = Executors.newCachedThreadPool();
        server = new Party();
        client = new Party();
    }

    @AfterEach
    void end() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        threads.shutdownNow();
    }

    Transport open(Party party) {
        return keep(party.open(engine, new PinnedPeers(Set.of(server.id, client.id))));
    }

    Transport open(Party party, TransportLimits limits) {
        return keep(party.open(engine, Party.ANYBODY, 0, limits));
    }

    <T extends AutoCloseable> T keep(T resource) {
        open.push(resource);
        return resource;
    }

    record Pair(Connection dialed, Connection accepted) {}

    Pair connected() {
        Transport listening = open(server);
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        return new Pair(dialed, listening.accept(WAIT));
    }

    static StoqException failure(ThrowingCallable call) {
        StoqException failure = catchThrowableOfType(StoqException.class, call);
        assertThat(failure).as("a StoqException").isNotNull();
        return failure;
    }

    static byte[] pattern(int length, long seed) {
        byte[] bytes = new byte[length];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i + 8 <= length; i += 8) {
            long next = random.nextLong();
            for (int j = 0; j < 8; j++) {
                bytes[i + j] = (byte) (next >>> (8 * j));
            }
        }
        return bytes;
    }

    static void echo(Stream stream) {
        byte[] request = stream.readToEnd(1 << 20, WAIT);
        stream.write(request, 0, request.length, true, WAIT);
    }

    static void assertEchoes(Pair pair) {
        Stream stream = pair.dialed().open();
        stream.write("still here".getBytes(UTF_8), 0, 10, true, WAIT);
        echo(pair.accepted().accept(WAIT));
        assertThat(stream.readToEnd(100, WAIT)).isEqualTo("still here".getBytes(UTF_8));
    }

    static void awaitFact(BooleanSupplier fact) {
        Facts.await(fact);
    }
}
