package online.hypermesh.stoq.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.messaging.PoolCore.Action;
import org.junit.jupiter.api.Test;

class PoolCoreTests {
    private static final StoqException DOWN =
            new StoqException(StoqException.Code.UNREACHABLE, Retry.SAME_CALL, "nobody listens");
    private static final StoqException NOBODY =
            new StoqException(StoqException.Code.WRONG_IDENTITY, Retry.NEVER, "somebody else");
    private static final long MS = 1_000_000;

    private final PoolSettings settings = new PoolSettings(1, 3, Duration.ofMillis(100), Duration.ofMillis(800));
    private final PoolCore<String, String> core = pool(settings);

    private static PoolCore<String, String> pool(PoolSettings settings) {
        return new PoolCore<>(settings, new SplittableRandom(1));
    }

    @Test
    void whoComesWhileOneIsMadeSharesIt() {
        assertThat(core.acquire(0, "a", false)).containsExactly(new Action.Dial<>(1));
        assertThat(core.acquire(0, "b", false)).isEmpty();
        assertThat(core.onDialed(5, 1, "c1"))
                .containsExactly(new Action.Give<>("a", "c1"), new Action.Give<>("b", "c1"));
        assertThat(core.acquire(6, "c", false)).containsExactly(new Action.Give<>("c", "c1"));
        assertThat(core.pick()).isEqualTo("c1");
    }

    @Test
    void onlySoManyWait() {
        for (String waiter : List.of("a", "b", "c")) {
            core.acquire(0, waiter, true);
        }
        assertThat(core.acquire(0, "d", true))
                .singleElement()
                .isInstanceOfSatisfying(
                        Action.Fail.class,
                        fail -> assertThat(((StoqException) fail.reason()).code())
                                .isEqualTo(StoqException.Code.BUSY));
        core.withdraw("a");
        assertThat(core.acquire(0, "e", true)).isEmpty();
    }

    @Test
    void aFailureIsToldToTheImpatientAndThePatientWaitForTheNextAttempt() {
        core.acquire(0, "impatient", false);
        core.acquire(0, "patient", true);
        List<Action<String, String>> actions = core.onDialFailed(10 * MS, 1, DOWN);
        assertThat(actions.get(0)).isEqualTo(new Action.Fail<>("impatient", DOWN));
        long wake = ((Action.WakeAt<String, String>) actions.get(1)).nanos();
        assertThat(wake).isBetween(60 * MS, 110 * MS);
        assertThat(core.acquire(20 * MS, "late", false)).containsExactly(new Action.Fail<>("late", DOWN));
        assertThat(core.onTick(wake)).containsExactly(new Action.Dial<>(2));
        assertThat(core.onDialed(wake, 2, "c")).containsExactly(new Action.Give<>("patient", "c"));
    }

    @Test
    void whatCannotSucceedIsNotRepeatedForAnybody() {
        core.acquire(0, "patient", true);
        assertThat(core.onDialFailed(0, 1, NOBODY)).containsExactly(new Action.Fail<>("patient", NOBODY));
        assertThat(core.acquire(1, "next", true)).containsExactly(new Action.Fail<>("next", NOBODY));
    }

    @Test
    void backOffDoublesUpToItsCeilingWithJitterAndEndsWithASuccess() {
        List<Long> waits = new ArrayList<>();
        long now = 0;
        long attempt = 0;
        for (int i = 0; i < 8; i++) {
            assertThat(core.acquire(now, "w" + i, false)).containsExactly(new Action.Dial<>(++attempt));
            core.onDialFailed(now, attempt, DOWN);
            waits.add(core.backoff(now).toMillis());
            now += core.backoff(now).toNanos();
        }
        assertThat(waits.get(0)).isBetween(50L, 100L);
        assertThat(waits.get(1)).isBetween(100L, 200L);
        assertThat(waits.get(2)).isBetween(200L, 400L);
        assertThat(waits.subList(3, 8)).allSatisfy(wait -> assertThat(wait).isBetween(400L, 800L));
        assertThat(waits.subList(3, 8).stream().distinct().count()).isGreaterThan(1);
        core.acquire(now, "w", false);
        core.onDialed(now, ++attempt, "c");
        assertThat(core.backoff(now)).isZero();
        core.onLost("c");
        core.acquire(now, "w", false);
        core.onDialFailed(now, ++attempt, DOWN);
        assertThat(core.backoff(now)).isLessThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void aLostConnectionIsMadeAgainOnDemandAndThatIsTold() {
        core.acquire(0, "a", false);
        assertThat(core.onDialed(0, 1, "c1")).doesNotContain(new Action.Reconnected<>());
        core.onLost("c1");
        assertThat(core.pick()).isNull();
        assertThat(core.acquire(1, "b", false)).containsExactly(new Action.Dial<>(2));
        assertThat(core.onDialed(2, 2, "c2")).containsExactly(new Action.Reconnected<>(), new Action.Give<>("b", "c2"));
    }

    @Test
    void whatWasMadeForAnOldAddressIsDiscardedAndWaitersGetANewOne() {
        core.acquire(0, "a", false);
        assertThat(core.onReset(1)).containsExactly(new Action.Dial<>(3));
        assertThat(core.onDialed(2, 1, "old")).containsExactly(new Action.Discard<>("old"));
        assertThat(core.onDialFailed(2, 1, DOWN)).as("of the old attempt").isEmpty();
        assertThat(core.onDialed(3, 3, "new")).containsExactly(new Action.Give<>("a", "new"));
    }

    @Test
    void aResetEndsTheBackOff() {
        core.acquire(0, "a", false);
        core.onDialFailed(0, 1, DOWN);
        core.onReset(1);
        assertThat(core.acquire(1, "b", false)).hasSize(1).first().isInstanceOf(Action.Dial.class);
    }

    @Test
    void severalConnectionsShareTheWorkAndGrowOneByOne() {
        PoolCore<String, String> three = pool(new PoolSettings(3, 10, Duration.ofMillis(1), Duration.ofMillis(1)));
        three.acquire(0, "a", false);
        three.onDialed(0, 1, "c1");
        assertThat(three.wantsMore(0)).isTrue();
        assertThat(three.acquire(0, "b", false)).containsExactly(new Action.Give<>("b", "c1"), new Action.Dial<>(2));
        assertThat(three.acquire(0, "c", false))
                .as("one attempt at a time")
                .containsExactly(new Action.Give<>("c", "c1"));
        three.onDialed(0, 2, "c2");
        three.acquire(0, "d", false);
        three.onDialed(0, 3, "c3");
        assertThat(three.wantsMore(0)).isFalse();
        assertThat(List.of(three.pick(), three.pick(), three.pick())).containsExactlyInAnyOrder("c1", "c2", "c3");
    }

    @Test
    void closingTellsWhoeverWaitsAndWhoeverComes() {
        core.acquire(0, "a", true);
        assertThat(core.onClose(DOWN)).containsExactly(new Action.Fail<>("a", DOWN));
        assertThat(core.acquire(0, "b", true)).containsExactly(new Action.Fail<>("b", DOWN));
        assertThat(core.onDialed(0, 1, "c")).containsExactly(new Action.Discard<>("c"));
    }

    @Test
    void anySequenceKeepsTheInvariants() {
        for (int seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            PoolSettings some =
                    new PoolSettings(1 + random.nextInt(3), 4, Duration.ofMillis(10), Duration.ofMillis(50));
            PoolCore<String, String> pool = new PoolCore<>(some, random.split());
            PoolModel model = new PoolModel(some);
            for (int step = 0; step < 200; step++) {
                model.step(pool, random);
            }
            model.settle(pool);
            assertThat(model.waiting)
                    .as("seed " + seed + ": nobody is forgotten")
                    .isEmpty();
        }
    }

    /** A driver without threads that checks what every driver relies on. */
    private static final class PoolModel {
        private final PoolSettings settings;
        private final List<String> waiting = new ArrayList<>();
        private final List<Long> dialing = new ArrayList<>();
        private final List<Long> wakes = new ArrayList<>();
        private final List<String> open = new ArrayList<>();
        private long now;
        private int names;

        PoolModel(PoolSettings settings) {
            this.settings = settings;
        }

        void step(PoolCore<String, String> pool, SplittableRandom random) {
            now += random.nextInt(20) * MS;
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    String waiter = "w" + names++;
                    waiting.add(waiter);
                    perform(pool.acquire(now, waiter, random.nextBoolean()));
                }
                case 3 -> dialed(pool);
                case 4 -> {
                    if (!dialing.isEmpty()) {
                        perform(pool.onDialFailed(now, dialing.remove(0), DOWN));
                    }
                }
                case 5 -> {
                    if (!open.isEmpty()) {
                        pool.onLost(open.remove(random.nextInt(open.size())));
                    }
                }
                case 6 -> tick(pool);
                default -> {
                    if (random.nextInt(5) == 0) {
                        open.clear();
                        perform(pool.onReset(now));
                    }
                }
            }
            assertThat(pool.connections().size()).isLessThanOrEqualTo(settings.connections());
            assertThat(pool.connections()).containsExactlyInAnyOrderElementsOf(open);
        }

        private void dialed(PoolCore<String, String> pool) {
            if (!dialing.isEmpty()) {
                String connection = "c" + names++;
                open.add(connection);
                perform(pool.onDialed(now, dialing.remove(0), connection));
            }
        }

        private void tick(PoolCore<String, String> pool) {
            for (long wake : List.copyOf(wakes)) {
                if (wake <= now) {
                    wakes.remove(wake);
                    perform(pool.onTick(now));
                }
            }
        }

        private void perform(List<Action<String, String>> actions) {
            for (Action<String, String> action : actions) {
                if (action instanceof Action.Dial<String, String> dial) {
                    dialing.add(dial.attempt());
                } else if (action instanceof Action.Give<String, String> give) {
                    assertThat(waiting.remove(give.waiter())).isTrue();
                    assertThat(open).contains(give.connection());
                } else if (action instanceof Action.Fail<String, String> fail) {
                    assertThat(waiting.remove(fail.waiter())).isTrue();
                } else if (action instanceof Action.WakeAt<String, String> wake) {
                    wakes.add(wake.nanos());
                } else if (action instanceof Action.Discard<String, String> discard) {
                    assertThat(open.remove(discard.connection())).isTrue();
                }
            }
        }

        /** From now on every attempt succeeds. */
        void settle(PoolCore<String, String> pool) {
            for (int i = 0; i < 10 && !waiting.isEmpty(); i++) {
                now += 100 * MS;
                tick(pool);
                while (!dialing.isEmpty()) {
                    dialed(pool);
                }
            }
        }
    }
}
