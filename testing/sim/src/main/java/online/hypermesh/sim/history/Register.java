package online.hypermesh.sim.history;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A place that holds one value or none, as one key of a key-value store does. The answer to a write is its own value. */
public final class Register implements SequentialModel<Optional<String>, Register.Request, Optional<String>> {
    /** The model; it has no state of its own. */
    public static final Register MODEL = new Register();

    private Register() {}

    /** What is asked of a register. */
    public sealed interface Request {}

    /** Gives the value. */
    public record Read() implements Request {}

    /**
     * Sets the value.
     *
     * @param value the new one
     */
    public record Write(String value) implements Request {}

    /**
     * The history without writes of unknown outcome whose value nobody read. Whether they happened changes no answer, and each
     * would double the search.
     *
     * @param history of one register
     * @return what has to be explained, in the same order
     */
    public static List<Operation<Request, Optional<String>>> observed(
            List<Operation<Request, Optional<String>>> history) {
        Set<String> read = history.stream()
                .filter(o -> o.input() instanceof Read)
                .flatMap(o -> o.output().flatMap(v -> v).stream())
                .collect(Collectors.toSet());
        return history.stream()
                .filter(o -> o.output().isPresent() || o.input() instanceof Write w && read.contains(w.value()))
                .toList();
    }

    @Override
    public Optional<String> initial() {
        return Optional.empty();
    }

    @Override
    public Optional<Optional<String>> step(Optional<String> state, Request request, Optional<Optional<String>> output) {
        Optional<String> after = request instanceof Write w ? Optional.of(w.value()) : state;
        return output.isEmpty() || output.get().equals(after) ? Optional.of(after) : Optional.empty();
    }
}
