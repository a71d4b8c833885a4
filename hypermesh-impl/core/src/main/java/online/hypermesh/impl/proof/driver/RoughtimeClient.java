package online.hypermesh.impl.proof.driver;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.impl.proof.Roughtime;
import online.hypermesh.impl.proof.TimeChain;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Asks Roughtime sources over UDP (draft-ietf-ntp-roughtime-19), one after the other, so that their answers form the chain of a
 * {@link TimeProof}. What is lost is asked for again after a wait that doubles; packets that do not hold, whoever sent them, are
 * passed over. Stateless; thread-safe.
 */
public final class RoughtimeClient {
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final int ATTEMPTS = 4;
    private static final int MAX_ATTEMPTS = 10;
    /** A thread that waits for a packet does not notice an interrupt; it looks up this often. */
    private static final long LOOK_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /**
     * A source of time.
     *
     * @param key its long-term key
     * @param address resolved
     */
    public record Source(VerifyKey key, InetSocketAddress address) {
        /**
         * Checks the address.
         *
         * @param key its long-term key
         * @param address resolved
         */
        public Source {
            if (address.isUnresolved() || address.getPort() == 0) {
                throw new IllegalArgumentException(
                        "a time source has a resolved address and a port, got " + address + "; look its name up first");
            }
        }

        @Override
        public String toString() {
            return key + " at " + address;
        }
    }

    /**
     * What a source answered.
     *
     * @param source who
     * @param bounds what it vouches for
     */
    public record Answer(Source source, Roughtime.Bounds bounds) {}

    private static final Logger LOG = System.getLogger(RoughtimeClient.class.getName());

    private final long firstWaitNanos;
    private final int attempts;

    /** Asks each source up to four times, and waits 0.5, 1, 2 and 4 seconds for its answer. */
    public RoughtimeClient() {
        this(FIRST_WAIT, ATTEMPTS);
    }

    /**
     * Creates a client.
     *
     * @param firstWait wait for the first answer of a source, 1 ms to 10 s; each further wait is twice as long
     * @param attempts how often a source is asked, 1 to 10
     */
    public RoughtimeClient(Duration firstWait, int attempts) {
        if (firstWait.toMillis() < 1 || firstWait.toMillis() > 10_000) {
            throw new IllegalArgumentException("the first wait is 1 ms to 10 s, got " + firstWait);
        }
        if (attempts < 1 || attempts > MAX_ATTEMPTS) {
            throw new IllegalArgumentException("attempts must be in 1.." + MAX_ATTEMPTS + ", was " + attempts);
        }
        this.firstWaitNanos = firstWait.toNanos();
        this.attempts = attempts;
    }

    /**
     * Asks sources in their order and adds their answers to a chain. One that does not answer is left out.
     *
     * @param chain gets the answers
     * @param sources whom to ask, 1 to {@link TimeProof#MAX_SAMPLES}
     * @param least so many must answer; the chain has what came until it is clear that they do not
     * @return what they answered, in order
     * @throws HypermeshException TIMEOUT when too few answered, with the reason for each; BUSY when interrupted
     */
    public List<Answer> ask(TimeChain chain, List<Source> sources, int least) {
        if (sources.isEmpty() || sources.size() > TimeProof.MAX_SAMPLES) {
            throw new IllegalArgumentException(
                    "a chain has 1.." + TimeProof.MAX_SAMPLES + " sources, got " + sources.size());
        }
        if (least < 1 || least > sources.size()) {
            throw new IllegalArgumentException("least must be in 1.." + sources.size() + ", was " + least);
        }
        List<Answer> answers = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (Source source : sources) {
            try {
                answers.add(new Answer(source, ask(chain, source)));
            } catch (HypermeshException e) {
                if (e.code() == Code.BUSY) {
                    throw e;
                }
                silent.add(e.getMessage());
                if (sources.size() - silent.size() < least) {
                    throw new HypermeshException(
                            Code.TIMEOUT,
                            Retry.SAME_CALL,
                            "of " + sources.size() + " time sources " + least + " must answer, but "
                                    + String.join("; ", silent) + "; ask again, or other sources");
                }
            }
        }
        return answers;
    }

    /**
     * Asks one source and adds its answer to a chain.
     *
     * @param chain gets the answer
     * @param source whom to ask
     * @return what it vouches for
     * @throws HypermeshException TIMEOUT when no answer that holds came in time; BUSY when interrupted
     */
    public Roughtime.Bounds ask(TimeChain chain, Source source) {
        byte[] request = chain.request(source.key());
        if (chain.size() >= TimeProof.MAX_SAMPLES) {
            throw new IllegalArgumentException(
                    "the chain has " + chain.size() + " answers, the limit; make the proof or begin another chain");
        }
        int asked = 0;
        int wrong = 0;
        String trouble = "";
        long wait = firstWaitNanos;
        try (DatagramSocket socket = new DatagramSocket()) {
            // the system passes on nothing that another address sent
            socket.connect(source.address());
            // one more byte than an answer may have shows that it was longer
            DatagramPacket packet =
                    new DatagramPacket(new byte[TimeProof.MAX_RESPONSE_BYTES + 1], TimeProof.MAX_RESPONSE_BYTES + 1);
            for (int attempt = 0; attempt < attempts; attempt++) {
                asked++;
                socket.send(new DatagramPacket(request, request.length));
                long end = System.nanoTime() + wait;
                wait *= 2;
                long left = end - System.nanoTime();
                while (left > 0) {
                    if (Thread.currentThread().isInterrupted()) {
                        throw new HypermeshException(
                                Code.BUSY, Retry.SAME_CALL, "interrupted while time source " + source + " was asked");
                    }
                    try {
                        Optional<Roughtime.Bounds> bounds = receive(socket, packet, left, chain, source);
                        if (bounds.isPresent()) {
                            return bounds.get();
                        }
                        wrong++;
                    } catch (SocketTimeoutException e) {
                        LOG.log(Level.TRACE, "time source {0} is silent", source);
                    } catch (PortUnreachableException e) {
                        trouble = ", nobody listens there";
                        // asking again at once would only be refused again
                        LockSupport.parkNanos(Math.min(end - System.nanoTime(), LOOK_UP_NANOS));
                    }
                    left = end - System.nanoTime();
                }
            }
        } catch (IOException e) {
            trouble = ", the last failure was " + e;
        }
        throw new HypermeshException(
                Code.TIMEOUT,
                Retry.SAME_CALL,
                "time source " + source + " was asked " + asked + " times without an answer that holds (" + wrong
                        + " others came" + trouble + ")");
    }

    private static Optional<Roughtime.Bounds> receive(
            DatagramSocket socket, DatagramPacket packet, long nanos, TimeChain chain, Source source)
            throws IOException {
        socket.setSoTimeout((int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(Math.min(nanos, LOOK_UP_NANOS))));
        packet.setLength(packet.getData().length);
        socket.receive(packet);
        return chain.add(source.key(), Arrays.copyOf(packet.getData(), packet.getLength()));
    }
}
