package online.hypermesh.sim.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Decides whether a history is linearizable: whether every call can be given one moment between its begin and its end such
 * that the answers are those of the object used at these moments, one call after the other (Herlihy and Wing, 1990). The
 * search is that of Wing and Gong with Lowe's memory of visited configurations; its worst case is exponential, so it is
 * bounded in steps. Objects that are independent of each other are searched apart.
 */
public final class Linearizability {
    /** What the search found. */
    public enum Answer {
        /** Some order explains the history. */
        LINEARIZABLE,
        /** No order explains it. */
        VIOLATION,
        /** The search was given up. */
        UNDECIDED
    }

    private Linearizability() {}

    /**
     * Checks histories of independent objects, as the keys of a store are.
     *
     * @param model what each object does
     * @param history of all of them, in any order
     * @param object which object an input belongs to
     * @param maxSteps most steps per object before it is UNDECIDED
     * @param <S> an object's state
     * @param <I> what is asked
     * @param <O> what is answered
     * @param <K> names objects
     * @return VIOLATION if one object's history is, else UNDECIDED if one's is
     */
    public static <S, I, O, K> Answer check(
            SequentialModel<S, I, O> model, List<Operation<I, O>> history, Function<I, K> object, long maxSteps) {
        Map<K, List<Operation<I, O>>> apart = new LinkedHashMap<>();
        for (Operation<I, O> operation : history) {
            apart.computeIfAbsent(object.apply(operation.input()), k -> new ArrayList<>())
                    .add(operation);
        }
        Answer answer = Answer.LINEARIZABLE;
        for (List<Operation<I, O>> one : apart.values()) {
            Answer next = check(model, one, maxSteps);
            if (next == Answer.VIOLATION) {
                return next;
            }
            answer = next == Answer.UNDECIDED ? next : answer;
        }
        return answer;
    }

    /**
     * Checks the history of one object.
     *
     * @param model what it does
     * @param history in any order
     * @param maxSteps most steps before it is UNDECIDED
     * @param <S> its state
     * @param <I> what is asked
     * @param <O> what is answered
     * @return the answer
     */
    public static <S, I, O> Answer check(SequentialModel<S, I, O> model, List<Operation<I, O>> history, long maxSteps) {
        return new Search<>(model, history).run(maxSteps);
    }

    /** Operations done so far, in any order, and the state they led to: enough to know what can follow. */
    private record Configuration<S>(BitSet done, S state) {}

    /** An operation that was tried, and the state before it. */
    private record Choice<S>(int operation, S before) {}

    private static final class Search<S, I, O> {
        private final SequentialModel<S, I, O> model;
        private final List<Operation<I, O>> operations;
        private final BitSet done = new BitSet();
        private final Deque<Choice<S>> choices = new ArrayDeque<>();
        private final Set<Configuration<S>> seen = new HashSet<>();
        private S state;
        private int undecided;

        Search(SequentialModel<S, I, O> model, List<Operation<I, O>> history) {
            this.model = model;
            this.operations = history.stream()
                    .sorted(Comparator.comparingLong(Operation::begin))
                    .toList();
            this.state = model.initial();
            this.undecided = (int)
                    operations.stream().filter(o -> o.output().isPresent()).count();
        }

        Answer run(long maxSteps) {
            int next = 0;
            for (long step = 0; undecided > 0; step++) {
                if (step == maxSteps) {
                    return Answer.UNDECIDED;
                }
                int chosen = choose(next);
                if (chosen >= 0) {
                    next = 0;
                } else if (choices.isEmpty()) {
                    return Answer.VIOLATION;
                } else {
                    next = undo() + 1;
                }
            }
            return Answer.LINEARIZABLE;
        }

        /** Does the first operation from an index on that may come next; -1 if there is none. */
        private int choose(int from) {
            long bound = earliestEnd();
            for (int i = done.nextClearBit(from); i < operations.size(); i = done.nextClearBit(i + 1)) {
                Operation<I, O> operation = operations.get(i);
                if (operation.begin() > bound) {
                    return -1; // it and all that follow began after another one had ended
                }
                Optional<S> after = model.step(state, operation.input(), operation.output());
                if (after.isPresent()) {
                    done.set(i);
                    if (seen.add(new Configuration<>((BitSet) done.clone(), after.get()))) {
                        choices.push(new Choice<>(i, state));
                        state = after.get();
                        undecided -= operation.output().isPresent() ? 1 : 0;
                        return i;
                    }
                    done.clear(i);
                }
            }
            return -1;
        }

        private long earliestEnd() {
            long bound = Operation.NEVER;
            for (int i = done.nextClearBit(0);
                    i < operations.size() && operations.get(i).begin() <= bound;
                    i = done.nextClearBit(i + 1)) {
                bound = Math.min(bound, operations.get(i).end());
            }
            return bound;
        }

        private int undo() {
            Choice<S> last = choices.pop();
            done.clear(last.operation());
            state = last.before();
            undecided += operations.get(last.operation()).output().isPresent() ? 1 : 0;
            return last.operation();
        }
    }
}
