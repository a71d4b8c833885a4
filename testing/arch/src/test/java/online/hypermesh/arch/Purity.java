package online.hypermesh.arch;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import java.util.Set;

/** What code that only decides may not touch: sockets, files, threads, the machine's clock, and chance without a seed. */
final class Purity {
    private static final Set<String> FILES = Set.of(
            "java.io.File",
            "java.io.FileDescriptor",
            "java.io.FileInputStream",
            "java.io.FileOutputStream",
            "java.io.FileReader",
            "java.io.FileWriter",
            "java.io.RandomAccessFile",
            "java.io.Console",
            "java.io.PrintStream");
    private static final Set<String> PROCESS_AND_THREADS = Set.of(
            "java.lang.Thread",
            "java.lang.ThreadLocal",
            "java.lang.InheritableThreadLocal",
            "java.lang.Runtime",
            "java.lang.Process",
            "java.lang.ProcessBuilder",
            "java.lang.ProcessHandle",
            "java.util.Timer",
            "java.util.TimerTask");
    private static final Set<String> CHANCE =
            Set.of("java.security.SecureRandom", "java.util.concurrent.ThreadLocalRandom");
    private static final Set<String> NO_ARGUMENT_RANDOM = Set.of("java.util.Random", "java.util.SplittableRandom");
    private static final Set<String> SYSTEM_CALLS = Set.of(
            "java.lang.System.currentTimeMillis",
            "java.lang.System.nanoTime",
            "java.lang.System.getenv",
            "java.lang.System.getProperty",
            "java.lang.System.identityHashCode",
            "java.lang.System.exit",
            "java.lang.Math.random",
            "java.lang.StrictMath.random",
            "java.util.UUID.randomUUID",
            "java.util.random.RandomGenerator.getDefault");

    private Purity() {}

    /** Whether merely naming this type means I/O or threads. */
    static boolean isInputOutput(JavaClass type) {
        String pkg = type.getPackageName();
        String name = type.getName();
        return pkg.startsWith("java.nio.channels")
                || pkg.startsWith("java.nio.file")
                || pkg.startsWith("java.net")
                        && !name.equals("java.net.URI")
                        && !name.equals("java.net.URISyntaxException")
                || pkg.startsWith("javax.net")
                || pkg.startsWith("io.netty")
                || FILES.contains(name);
    }

    /** Whether merely naming this type means threads or waiting for them. */
    static boolean isConcurrency(JavaClass type) {
        String name = type.getName();
        return type.getPackageName().startsWith("java.util.concurrent") && !name.equals("java.util.concurrent.TimeUnit")
                || PROCESS_AND_THREADS.contains(name)
                || name.startsWith("java.lang.Thread$");
    }

    static boolean isUnseededChance(JavaClass type) {
        return CHANCE.contains(type.getName());
    }

    /** Whether this access reads the machine's clock or environment, or draws from a generator nobody seeded. */
    static boolean asksTheMachine(JavaAccess<?> access) {
        AccessTarget target = access.getTarget();
        String owner = target.getOwner().getName();
        String call = owner + "." + target.getName();
        if (SYSTEM_CALLS.contains(call)) {
            return true;
        }
        if (owner.startsWith("java.time.") && target.getName().equals("now")) {
            return true;
        }
        if (owner.equals("java.time.Clock")
                && (target.getName().startsWith("system") || target.getName().startsWith("tick"))) {
            return true;
        }
        if (access instanceof JavaConstructorCall constructor) {
            return NO_ARGUMENT_RANDOM.contains(owner)
                    && constructor.getTarget().getRawParameterTypes().isEmpty();
        }
        return access.getTarget() instanceof AccessTarget.MethodCallTarget method
                && call.equals("java.util.Collections.shuffle")
                && method.getRawParameterTypes().size() == 1;
    }
}
