package online.hypermesh.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The parts of the suite, from the ground up: which packages each owns and which other parts it may see.
 *
 * <p>A package pattern is relative to the root package. {@code a.b} means exactly that package, {@code a.b..} also everything
 * below it; the longest pattern that fits decides.
 */
enum Part {
    STOQ_BASE(Kind.GROUND, 0, List.of("stoq.base..")),
    STOQ_API(Kind.API, 0, List.of("stoq", "stoq.spi..")),
    STOQ_LOGIC(Kind.IMPLEMENTATION, 0, List.of("stoq..")),
    STOQ_NETTY(Kind.IMPLEMENTATION, 0, List.of("stoq.netty..")),
    STOQ_KWIK(Kind.IMPLEMENTATION, 0, List.of("stoq.kwik..")),
    STOQ_ACCP(Kind.IMPLEMENTATION, 0, List.of("stoq.accp..")),
    STOQ_MICROMETER(Kind.IMPLEMENTATION, 0, List.of("stoq.micrometer..")),
    KERNEL_API(Kind.API, 1, List.of("api..")),
    KERNEL(Kind.IMPLEMENTATION, 1, List.of("impl..")),
    STORE_S3(Kind.IMPLEMENTATION, 1, List.of("impl.store.s3..")),
    TRUSTCHAIN_API(Kind.API, 2, List.of("trustchain.api..")),
    TRUSTCHAIN(Kind.IMPLEMENTATION, 2, List.of("trustchain..")),
    AUTH_API(Kind.API, 2, List.of("auth.api..")),
    AUTH(Kind.IMPLEMENTATION, 2, List.of("auth..")),
    FEDERATION_API(Kind.API, 2, List.of("federation.api..")),
    FEDERATION(Kind.IMPLEMENTATION, 2, List.of("federation..")),
    BOOTSTRAP(Kind.IMPLEMENTATION, 3, List.of("bootstrap..")),
    NODE(Kind.ASSEMBLY, 4, List.of("node..")),
    QUICKSTART(Kind.ASSEMBLY, 4, List.of("quickstart..")),
    TESTING(Kind.ASSEMBLY, 5, List.of("tck..", "sim..", "arch..", "bench..", "interop.."));

    /** What a part is, as far as seeing and being seen goes. */
    enum Kind {
        /** Everything may stand on it. */
        GROUND,
        /** Interfaces and values; seen by everything above it. */
        API,
        /** Seen by assemblies only. */
        IMPLEMENTATION,
        /** Puts implementations together; seen by nothing but testing. */
        ASSEMBLY
    }

    final Kind kind;
    final int layer;
    private final List<String> patterns;

    Part(Kind kind, int layer, List<String> patterns) {
        this.kind = kind;
        this.layer = layer;
        this.patterns = patterns;
    }

    /** The part a class belongs to, empty when its package is not in the plan. */
    static Optional<Part> of(String root, JavaClass type) {
        String name = type.getPackageName();
        if (!name.startsWith(root + ".")) {
            return Optional.empty();
        }
        String relative = name.substring(root.length() + 1);
        return Arrays.stream(values())
                .filter(part -> part.longestFit(relative) >= 0)
                .max(Comparator.comparingInt(part -> part.longestFit(relative)));
    }

    private int longestFit(String relative) {
        int best = -1;
        for (String pattern : patterns) {
            boolean open = pattern.endsWith("..");
            String name = open ? pattern.substring(0, pattern.length() - 2) : pattern;
            boolean exact = relative.equals(name);
            if (exact || open && relative.startsWith(name + ".")) {
                best = Math.max(best, 2 * name.length() + (exact && !open ? 1 : 0));
            }
        }
        return best;
    }

    boolean maySee(Part other) {
        return this == other || visible().contains(other);
    }

    private Set<Part> visible() {
        return switch (this) {
            case STOQ_BASE -> EnumSet.noneOf(Part.class);
            case STOQ_ACCP, STOQ_API, KERNEL_API -> EnumSet.of(STOQ_BASE);
            case STOQ_LOGIC, STOQ_MICROMETER -> EnumSet.of(STOQ_BASE, STOQ_API);
            // an engine is plugged into the engine-independent logic it belongs to
            case STOQ_NETTY, STOQ_KWIK -> EnumSet.of(STOQ_BASE, STOQ_API, STOQ_LOGIC);
            case KERNEL, STORE_S3 -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API);
            case TRUSTCHAIN_API -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API);
            case TRUSTCHAIN -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API, TRUSTCHAIN_API);
            case AUTH_API -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API, TRUSTCHAIN_API);
            case AUTH -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API, TRUSTCHAIN_API, AUTH_API);
            case FEDERATION_API -> EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API, TRUSTCHAIN_API, AUTH_API);
            case FEDERATION, BOOTSTRAP ->
                EnumSet.of(STOQ_BASE, STOQ_API, KERNEL_API, TRUSTCHAIN_API, AUTH_API, FEDERATION_API);
            case NODE, QUICKSTART -> EnumSet.complementOf(EnumSet.of(NODE, QUICKSTART, TESTING));
            case TESTING -> EnumSet.allOf(Part.class);
        };
    }
}
