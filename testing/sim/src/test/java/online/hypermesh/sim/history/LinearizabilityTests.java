package online.hypermesh.sim.history;

import static online.hypermesh.sim.history.Linearizability.Answer.LINEARIZABLE;
import static online.hypermesh.sim.history.Linearizability.Answer.UNDECIDED;
import static online.hypermesh.sim.history.Linearizability.Answer.VIOLATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import online.hypermesh.sim.history.Register.Read;
import online.hypermesh.sim.history.Register.Request;
import online.hypermesh.sim.history.Register.Write;
import org.junit.jupiter.api.Test;

class LinearizabilityTests {
    private static final long STEPS = 1_000_000;

    private static Operation<Request, Optional<String>> write(int client, long begin, long end, String value) {
        return Operation.done(client, begin, end, new Write(value), Optional.of(value));
    }

    private static Operation<Request, Optional<String>> read(int client, long begin, long end, String value) {
        return Operation.done(client, begin, end, new Read(), Optional.ofNullable(value));
    }

    @SafeVarargs
    private static Linearizability.Answer check(Operation<Request, Optional<String>>... history) {
        return Linearizability.check(Register.MODEL, List.of(history), STEPS);
    }

    @Test
    void aReadDuringAWriteMaySeeEither() {
        assertThat(check(write(1, 0, 10, "a"), read(2, 5, 6, null))).isEqualTo(LINEARIZABLE);
        assertThat(check(write(1, 0, 10, "a"), read(2, 5, 6, "a"))).isEqualTo(LINEARIZABLE);
    }

    @Test
    void aStaleReadIsFound() {
        assertThat(check(write(1, 0, 10, "a"), read(2, 11, 12, null))).isEqualTo(VIOLATION);
        assertThat(check(write(1, 0, 1, "a"), write(1, 2, 3, "b"), read(2, 4, 5, "a")))
                .isEqualTo(VIOLATION);
    }

    @Test
    void timeDoesNotRunBackwardsBetweenReaders() {
        assertThat(check(write(1, 0, 1, "a"), write(1, 2, 20, "b"), read(2, 3, 4, "b"), read(3, 5, 6, "a")))
                .isEqualTo(VIOLATION);
        assertThat(check(write(1, 0, 1, "a"), write(1, 2, 20, "b"), read(2, 3, 4, "a"), read(3, 5, 6, "b")))
                .isEqualTo(LINEARIZABLE);
    }

    @Test
    void aWriteOfUnknownOutcomeMayHaveHappenedAtAnyTimeAfterItBeganOrNever() {
        Operation<Request, Optional<String>> lost = Operation.unknown(1, 5, new Write("a"));
        assertThat(check(lost, read(2, 100, 101, "a"))).isEqualTo(LINEARIZABLE);
        assertThat(check(lost, read(2, 100, 101, null))).isEqualTo(LINEARIZABLE);
        assertThat(check(lost, read(2, 100, 101, "a"), read(2, 102, 103, null))).isEqualTo(VIOLATION);
        assertThat(check(lost, read(2, 1, 2, "a"))).isEqualTo(VIOLATION);
    }

    @Test
    void objectsAreJudgedApart() {
        record Keyed(String key, Request request) {}
        SequentialModel<Optional<String>, Keyed, Optional<String>> model = new SequentialModel<>() {
            @Override
            public Optional<String> initial() {
                return Register.MODEL.initial();
            }

            @Override
            public Optional<Optional<String>> step(Optional<String> s, Keyed input, Optional<Optional<String>> output) {
                return Register.MODEL.step(s, input.request(), output);
            }
        };
        Operation<Keyed, Optional<String>> x =
                Operation.done(1, 0, 1, new Keyed("x", new Write("1")), Optional.of("1"));
        Operation<Keyed, Optional<String>> y = Operation.done(1, 2, 3, new Keyed("y", new Read()), Optional.empty());
        assertThat(Linearizability.check(model, List.of(x, y), Keyed::key, STEPS))
                .isEqualTo(LINEARIZABLE);
        assertThat(Linearizability.check(model, List.of(x, y), k -> "one", STEPS))
                .isEqualTo(VIOLATION);
    }

    @Test
    void aSearchThatTakesTooLongIsUndecided() {
        assertThat(Linearizability.check(
                        Register.MODEL, List.of(write(1, 0, 1, "a"), write(1, 2, 3, "b"), read(1, 4, 5, "b")), 2))
                .isEqualTo(UNDECIDED);
    }

    @Test
    void operationsThatContradictThemselvesAreRefused() {
        assertThatThrownBy(() -> write(1, 5, 5, "a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Operation<>(1, 5, 6, new Read(), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The checker against the definition: all orders of small histories, half of them spoiled. */
    @Test
    void agreesWithTryingAllOrders() {
        int violations = 0;
        for (int seed = 0; seed < 3000; seed++) {
            List<Operation<Request, Optional<String>>> history = smallHistory(new Random(seed));
            boolean explained = permutations(history, new ArrayList<>());
            assertThat(Linearizability.check(Register.MODEL, history, STEPS))
                    .as("seed %d: %s", seed, history)
                    .isEqualTo(explained ? LINEARIZABLE : VIOLATION);
            assertThat(Linearizability.check(Register.MODEL, Register.observed(history), STEPS))
                    .isEqualTo(explained ? LINEARIZABLE : VIOLATION);
            violations += explained ? 0 : 1;
        }
        assertThat(violations).isBetween(300, 2700);
    }

    /** A long history made by a real register stays linearizable; one read of a value that was gone is found. */
    @Test
    void findsOneWrongReadInALongHistory() {
        Random random = new Random(7);
        List<Operation<Request, Optional<String>>> history = new ArrayList<>();
        Optional<String> value = Optional.empty();
        for (int i = 0; i < 5000; i++) {
            long moment = 100L * i;
            long begin = moment - random.nextInt(300);
            long end = moment + 1 + random.nextInt(300);
            int client = i % 8;
            if (random.nextBoolean()) {
                value = Optional.of("v" + i);
                history.add(
                        random.nextInt(10) == 0
                                ? Operation.unknown(client, begin, new Write("v" + i))
                                : Operation.done(client, begin, end, new Write("v" + i), value));
            } else {
                history.add(Operation.done(client, begin, end, new Read(), value));
            }
        }
        assertThat(Linearizability.check(Register.MODEL, Register.observed(history), STEPS))
                .isEqualTo(LINEARIZABLE);
        int wrong = 4000;
        while (!(history.get(wrong).input() instanceof Read)) {
            wrong++;
        }
        history.set(
                wrong,
                Operation.done(
                        0, history.get(wrong).begin(), history.get(wrong).begin() + 1, new Read(), Optional.of("v1")));
        history.add(write(9, 0, 1_000, "v1"));
        assertThat(Linearizability.check(Register.MODEL, Register.observed(history), STEPS))
                .isEqualTo(VIOLATION);
    }

    private static List<Operation<Request, Optional<String>>> smallHistory(Random random) {
        List<Operation<Request, Optional<String>>> history = new ArrayList<>();
        int n = 2 + random.nextInt(4);
        for (int i = 0; i < n; i++) {
            long begin = random.nextInt(12);
            long end = begin + 1 + random.nextInt(6);
            String value = "v" + random.nextInt(3);
            if (random.nextBoolean()) {
                history.add(
                        random.nextInt(5) == 0
                                ? Operation.unknown(i, begin, new Write(value))
                                : write(i, begin, end, value));
            } else {
                history.add(read(i, begin, end, random.nextInt(4) == 0 ? null : value));
            }
        }
        return history;
    }

    /** Whether some order of the operations, those without outcome possibly left out, explains them. */
    private static boolean permutations(
            List<Operation<Request, Optional<String>>> left, List<Operation<Request, Optional<String>>> order) {
        if (left.stream().allMatch(o -> o.output().isEmpty()) && explains(order)) {
            return true;
        }
        for (int i = 0; i < left.size(); i++) {
            Operation<Request, Optional<String>> next = left.get(i);
            if (left.stream().anyMatch(o -> o.end() < next.begin())) {
                continue;
            }
            List<Operation<Request, Optional<String>>> rest = new ArrayList<>(left);
            rest.remove(i);
            order.add(next);
            boolean found = permutations(rest, order);
            order.remove(order.size() - 1);
            if (found) {
                return true;
            }
        }
        return false;
    }

    private static boolean explains(List<Operation<Request, Optional<String>>> order) {
        Optional<String> value = Optional.empty();
        for (Operation<Request, Optional<String>> o : order) {
            Optional<Optional<String>> after = Register.MODEL.step(value, o.input(), o.output());
            if (after.isEmpty()) {
                return false;
            }
            value = after.get();
        }
        return true;
    }
}
