package online.hypermesh.tck.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.messaging.MessengerConfig;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.spi.TransportEngine;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Nodes of one test over one engine, closed together, and what tests of messengers share. */
final class Parties implements AutoCloseable {
    static final Duration WAIT = Facts.WAIT;

    private final TransportEngine engine;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    final ExecutorService threads = Executors.newCachedThreadPool();

    /** A node with its messenger. */
    record Node(Party party, Messenger messenger, Transport transport) {}

    Parties(TransportEngine engine) {
        this.engine = engine;
    }

    Node open() {
        return open(new Party(), 0, MessengerConfig.DEFAULT);
    }

    Node open(Party party, int port, MessengerConfig config) {
        Transport transport = transport(party, port);
        Messenger messenger = Messengers.over(transport, config);
        open.push(messenger);
        return new Node(party, messenger, transport);
    }

    /** A node without a messenger, for bytes that no messenger sends. */
    Transport transport(Party party, int port) {
        Transport transport = party.open(engine, Party.ANYBODY, port, TransportLimits.DEFAULT);
        open.push(transport);
        return transport;
    }

    /** Tells one node where another is. */
    static void introduce(Node from, Node to) {
        from.messenger().route(to.party().at(to.transport()));
    }

    static StoqException failure(ThrowingCallable call) {
        StoqException failure = catchThrowableOfType(StoqException.class, call);
        assertThat(failure).as("a StoqException").isNotNull();
        return failure;
    }

    /** I/O that does not fail. */
    interface Io {
        void run() throws IOException;
    }

    static void doing(Io io) {
        try {
            io.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void await(BooleanSupplier fact) {
        Facts.await(fact);
    }

    static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(WAIT.toNanos(), TimeUnit.NANOSECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() throws Exception {
        threads.shutdownNow();
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }
}
