package online.hypermesh.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.impl.consensus.Message;

/** Numbers for what was ever put on the wire in an exploration; the same bytes between the same nodes are the same. Confined. */
final class PostBook {
    /** To every other validator. */
    static final int ALL = -1;

    /**
     * Something that may arrive, any number of times or never.
     *
     * @param from index of a validator
     * @param to index of a validator, or {@link #ALL}
     * @param message what
     */
    record Post(int from, int to, Message message) {
        boolean reaches(int node) {
            return node != from && (to == ALL || to == node);
        }
    }

    /** Number of the event in which nothing arrives and time passes until a core gives up on its view. */
    static final int TIMEOUT = 0;

    private final List<int[]> events = new ArrayList<>(List.of(new int[0]));
    private final Map<List<Integer>, Integer> eventNumbers = new HashMap<>(Map.of(List.of(), TIMEOUT));
    private final List<Post> posts = new ArrayList<>();
    private final Map<ByteBuffer, Integer> numbers = new HashMap<>();

    int number(int from, int to, Message message) {
        byte[] bytes = message.encode();
        ByteBuffer key = ByteBuffer.allocate(bytes.length + 2)
                .put((byte) from)
                .put((byte) to)
                .put(bytes)
                .flip();
        return numbers.computeIfAbsent(key, k -> {
            posts.add(new Post(from, to, message));
            return posts.size() - 1;
        });
    }

    /** Number of the event in which these posts arrive one after the other. */
    int event(int[] arriving) {
        return eventNumbers.computeIfAbsent(Arrays.stream(arriving).boxed().toList(), k -> {
            events.add(arriving);
            return events.size() - 1;
        });
    }

    /** The posts that arrive in an event. */
    int[] arriving(int event) {
        return events.get(event);
    }

    Post get(int number) {
        return posts.get(number);
    }

    int size() {
        return posts.size();
    }
}
