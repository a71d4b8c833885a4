package online.hypermesh.stoq.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Feeds the decoders of requests, answers, messages and bodies with valid frames that were cut, joined and damaged. Runs for
 * half a second each; {@code -Dfuzz.minutes=10} is the long form. A failure names its seed, which {@code -Dfuzz.seed} repeats.
 */
class WireFuzzTests {
    private static final long NANOS_EACH =
            (long) (60e9 * Double.parseDouble(System.getProperty("fuzz.minutes", "0.0083")));
    private static final SigningKey KEY = SigningKey.generate(new SecureRandom());
    private static final PeerIdentity PEER =
            new PeerIdentity(NodeId.of(KEY.verifyKey()), KEY.verifyKey(), List.of(), Standing.FULL);
    private static final ScheduledExecutorService TIMER = Executors.newScheduledThreadPool(1, Threads.daemon("timer"));
    private static final int LIMIT = 5000;

    @AfterAll
    static void end() {
        TIMER.shutdownNow();
    }

    private interface Case {
        void run(SplittableRandom random) throws IOException;
    }

    private static void fuzz(Case one) {
        long end = System.nanoTime() + NANOS_EACH;
        long first = Long.getLong("fuzz.seed", 0);
        for (long seed = first; seed < first + 2000 || System.nanoTime() < end; seed++) {
            try {
                one.run(new SplittableRandom(seed));
            } catch (RuntimeException | IOException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static byte[] chunks(SplittableRandom random, boolean mayFail) {
        ByteBuffer out = ByteBuffer.allocate(40_000);
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 6000 : 50);
            out.putInt(length).put(new byte[length]);
        }
        if (mayFail && random.nextInt(3) == 0) {
            out.put(Wire.failedChunk(Wire.failure("SOME_CODE", Retry.NEVER, "text")));
        } else {
            out.putInt(0);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static byte[] body(SplittableRandom random) {
        return new byte[random.nextInt(random.nextInt(6) == 0 ? 2 * LIMIT : 40)];
    }

    private static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.array();
    }

    /** Flips, cuts, repeats or replaces bytes, in two of three cases. */
    private static byte[] damaged(SplittableRandom random, byte[] frame) {
        byte[] bytes = frame.clone();
        switch (random.nextInt(9)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> bytes = join(bytes, new byte[1 + random.nextInt(20)]);
            case 2 -> random.nextBytes(bytes);
            case 3, 4, 5 -> {
                for (int i = 0; i <= random.nextInt(4) && bytes.length > 0; i++) {
                    int head = Math.min(bytes.length, random.nextInt(3) == 0 ? bytes.length : 16);
                    bytes[random.nextInt(head)] = (byte) random.nextInt(256);
                }
            }
            default -> {
                // as it is
            }
        }
        return bytes;
    }

    /** Delivers bytes in pieces, then ends, fails or leaves the stream. */
    private static void deliver(SplittableRandom random, ScriptedStream stream, byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : 9000));
            stream.deliver(Arrays.copyOfRange(bytes, at, at + n));
            at += n;
        }
        if (random.nextInt(4) == 0) {
            stream.fail();
        } else {
            stream.end();
        }
    }

    private static final class Count implements TransportMetrics {
        private int served;

        @Override
        public void requestServed(int service, String outcome, long nanos) {
            served++;
        }
    }

    @Test
    void everyRequestEndsOnceAndReturnsItsMemory() {
        fuzz(random -> {
            Count count = new Count();
            UnderWay underWay = new UnderWay();
            ServiceLimits limits = ServiceLimits.DEFAULT.withBytes(LIMIT, LIMIT).withDuration(Duration.ofHours(1));
            Service whole = new Service(1, limits, false, new Service.Handling.Whole((peer, body) -> {
                assertThat(body.length).isLessThanOrEqualTo(LIMIT);
                return body;
            }));
            Service streamed = new Service(
                    2,
                    limits,
                    false,
                    new Service.Handling.Streamed(exchange -> exchange.body().transferTo(exchange.answer())));
            Serving serving =
                    new Serving(number -> number == 1 ? whole : number == 2 ? streamed : null, TIMER, count, underWay);
            InboundPeer origin = new InboundPeer(
                    onIdle -> new PeerTurns(Runnable::run, 8, 8, onIdle),
                    onIdle -> new PeerTurns(Runnable::run, 8, 8, onIdle),
                    peer -> {});
            ScriptedStream stream = new ScriptedStream();
            byte[] frame = random.nextBoolean()
                    ? join(
                            Wire.request(1 + random.nextInt(3), 60_000, Wire.IN_CHUNKS, Wire.NOTHING),
                            chunks(random, false))
                    : request(random);
            byte[] bytes = damaged(random, Arrays.copyOfRange(frame, 1, frame.length));
            new InboundRequest(serving, origin, PEER, stream).start();
            deliver(random, stream, bytes);
            assertThat(underWay.isNone()).isTrue();
            assertThat(count.served).isEqualTo(1);
            assertThat(origin.reserved()).isZero();
        });
    }

    private static byte[] request(SplittableRandom random) {
        byte[] body = body(random);
        return Wire.request(1 + random.nextInt(3), random.nextInt(4) == 0 ? -1 : 60_000, body.length, body);
    }

    private static byte[] response(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> Wire.response(Wire.OK, body(random));
            case 1 -> Wire.response((byte) (1 + random.nextInt(2)), Wire.failure("BUSY", Retry.SAME_CALL, "later"));
            default -> join(Wire.responseHead(Wire.CHUNKS, 0), chunks(random, true));
        };
    }

    @Test
    void everyAnswerIsToldOnce() {
        fuzz(random -> {
            ScriptedStream stream = new ScriptedStream();
            List<Object> told = new ArrayList<>();
            OutboundRequest request = new OutboundRequest(stream, PEER.id(), 7, LIMIT, new OutboundRequest.Caller() {
                @Override
                public void answered(byte[] answer) {
                    assertThat(answer.length).isLessThanOrEqualTo(LIMIT);
                    told.add(answer);
                }

                @Override
                public void refused(StoqException reason) {
                    told.add(reason);
                }

                @Override
                public void failed(StoqException reason) {
                    told.add(reason);
                }
            });
            request.start(new byte[3], 1000, random.nextBoolean());
            deliver(random, stream, damaged(random, response(random)));
            assertThat(told).hasSize(1);
        });
    }

    @Test
    void everyStreamedAnswerEndsOrFailsTyped() {
        fuzz(random -> {
            ScriptedStream stream = new ScriptedStream();
            deliver(random, stream, damaged(random, response(random)));
            List<String> outcomes = new ArrayList<>();
            try (OutboundCall call = new OutboundCall(
                    stream,
                    PEER.id(),
                    7,
                    RequestOptions.within(Duration.ofHours(1)).withMaxAnswerBytes(LIMIT),
                    System.nanoTime() + Duration.ofHours(1).toNanos(),
                    outcomes::add)) {
                call.body().close();
                assertThat(call.answer().readAllBytes().length).isLessThanOrEqualTo(LIMIT);
            } catch (StoqException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            assertThat(outcomes).hasSize(1);
        });
    }

    @Test
    void messagesAreHandedOverWithinTheirLimitOrNotAtAll() {
        fuzz(random -> {
            ScriptedStream stream = new ScriptedStream();
            MessageFrames frames = new MessageFrames(stream, new MessageFrames.Receiver() {
                @Override
                public int limit(int service) {
                    return service < 3 ? LIMIT : -1;
                }

                @Override
                public void message(int service, byte[] body) {
                    assertThat(service).isLessThan(3);
                    assertThat(body.length).isLessThanOrEqualTo(LIMIT);
                }
            });
            byte[] bytes = Wire.NOTHING;
            for (int i = 0; i < random.nextInt(5); i++) {
                bytes = join(bytes, damaged(random, Wire.message(1 + random.nextInt(4), body(random))));
            }
            new FrameReader(stream, frames, 0).run();
            deliver(random, stream, bytes);
        });
    }

    @Test
    void whatPeersSayAboutFailuresIsReadOrRefused() {
        fuzz(random -> {
            byte[] failure = Wire.failure("CODE_" + random.nextInt(), Retry.SAME_CALL, "text " + random.nextLong());
            StoqException told = Wire.failed(PEER.id(), 1, Wire.HANDLER_FAILED, damaged(random, failure));
            assertThat(told.code()).isIn(StoqException.Code.REMOTE_FAILURE, StoqException.Code.MALFORMED_FRAME);
            assertThat(told.getMessage().chars()).noneMatch(Character::isISOControl);
        });
    }
}
