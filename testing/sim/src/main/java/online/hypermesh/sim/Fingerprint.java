package online.hypermesh.sim;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.consensus.LeaderSchedule;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import org.jspecify.annotations.Nullable;

/**
 * A hash over everything that objects of the core hold, found by walking their fields, so that no part of a state can be
 * forgotten when two states are called equal. What it cannot walk is an error, never left out. Confined.
 */
final class Fingerprint {
    private static final Set<Class<?>> CONSTANT =
            Set.of(ValidatorSet.class, Parameters.class, LeaderSchedule.class, SimSets.class);
    private static final Map<Class<?>, List<Field>> FIELDS = new HashMap<>();

    private final Trace trace = new Trace();
    private final Map<Object, Integer> seen = new IdentityHashMap<>();

    private Fingerprint() {}

    /** The hash of what objects hold, in their order. */
    static String of(Object... roots) {
        Fingerprint fingerprint = new Fingerprint();
        for (Object root : roots) {
            fingerprint.visit(root);
        }
        return fingerprint.trace.hash();
    }

    private void visit(@Nullable Object o) {
        if (o == null) {
            trace.add(0);
        } else if (o instanceof Long || o instanceof Integer || o instanceof Short || o instanceof Byte) {
            trace.add(1);
            trace.add(((Number) o).longValue());
        } else if (o instanceof Boolean b) {
            trace.add(b ? 2 : 3);
        } else if (o instanceof String s) {
            trace.add(4);
            trace.add(s.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } else if (o instanceof Enum<?> e) {
            trace.add(5);
            trace.add(e.ordinal());
        } else if (o instanceof Digest d) {
            trace.add(6);
            trace.add(d.toBytes());
        } else if (o instanceof Signature s) {
            trace.add(18);
            trace.add(s.toBytes());
        } else if (o instanceof byte[] bytes) {
            trace.add(7);
            trace.add(bytes);
        } else if (CONSTANT.contains(o.getClass()) || o.getClass().isHidden()) {
            trace.add(8); // the same in every state: constants of the exploration, and functions between its parts
        } else {
            visitOnce(o);
        }
    }

    private void visitOnce(Object o) {
        Integer before = seen.putIfAbsent(o, seen.size());
        if (before != null && !(o instanceof Record)) {
            trace.add(9);
            trace.add(before);
        } else if (o instanceof Optional<?> optional) {
            trace.add(10);
            visit(optional.orElse(null));
        } else if (o instanceof BitSet bits) {
            visitAll(11, bits.toLongArray());
        } else if (o instanceof long[] longs) {
            visitAll(12, longs);
        } else if (o instanceof int[] ints) {
            visitAll(19, Arrays.stream(ints).asLongStream().toArray());
        } else if (o instanceof boolean[] booleans) {
            trace.add(13);
            trace.add(booleans.length);
            for (boolean b : booleans) {
                trace.add(b ? 1 : 0);
            }
        } else if (o instanceof Object[] objects) {
            trace.add(14);
            trace.add(objects.length);
            for (Object each : objects) {
                visit(each);
            }
        } else if (o instanceof Collection<?> all) {
            trace.add(15);
            trace.add(all.size());
            all.forEach(this::visit);
        } else if (o instanceof Map<?, ?> map) {
            trace.add(16);
            trace.add(map.size());
            map.forEach((key, value) -> {
                visit(key);
                visit(value);
            });
        } else if (o instanceof Block block) {
            trace.add(17); // its id is computed when it is first asked for, which is no part of the state
            visit(block.header());
            visit(block.entries());
            visit(block.evidence());
        } else if (o.getClass().getName().startsWith("online.hypermesh.")) {
            visitFields(o);
        } else {
            throw new IllegalStateException("the state holds a " + o.getClass() + ", which cannot be compared");
        }
    }

    private void visitAll(int mark, long[] longs) {
        trace.add(mark);
        trace.add(longs.length);
        for (long each : longs) {
            trace.add(each);
        }
    }

    private void visitFields(Object o) {
        trace.add(o.getClass().getName().hashCode());
        for (Field field : FIELDS.computeIfAbsent(o.getClass(), Fingerprint::fields)) {
            try {
                visit(field.get(o));
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(field + " cannot be read", e);
            }
        }
    }

    private static List<Field> fields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> at = type; at != null && at != Object.class && at != Record.class; at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    fields.add(field);
                }
            }
        }
        fields.sort(Comparator.comparing(Field::getName));
        return fields;
    }
}
