package online.hypermesh.sim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.stoq.base.cbor.CborReader;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether the simulator notices deliberate errors: it changes one place of the core's source, compiles that file in
 * memory, and runs the simulator with it in a class loader of its own. Needs a JDK and the sources. Not thread-safe.
 */
public final class MutantLab {
    private static final List<String> RELOADED = List.of("online.hypermesh.impl.consensus.", "online.hypermesh.sim.");
    private static final int HAPPY_SEEDS = 3;

    private final Path sources;
    private final int maxSeeds;
    private final String method;

    /** What became of a mutant. */
    public enum Fate {
        /** The simulator noticed it. */
        KILLED,
        /** No schedule noticed it. */
        SURVIVED,
        /** It does not even pass the schedules in which nothing goes wrong, so it does not count. */
        OBVIOUS
    }

    /**
     * How a trial ended.
     *
     * @param mutant what was broken
     * @param fate what became of it
     * @param seeds schedules run until it was noticed, or all
     * @param noticed the invariant; empty if none
     */
    public record Trial(ProtocolMutant mutant, Fate fate, int seeds, String noticed) {}

    /**
     * Creates a laboratory.
     *
     * @param root directory of the repository, for the core's sources
     * @param maxSeeds schedules after which a mutant has survived, at least 1
     */
    public MutantLab(Path root, int maxSeeds) {
        this(root, maxSeeds, ScheduleKind.FAULTS);
    }

    MutantLab(Path root, int maxSeeds, ScheduleKind kind) {
        this.method = kind == ScheduleKind.TWINS ? "twins" : "schedule";
        this.sources = root.resolve("hypermesh-impl/core/src/main/java/online/hypermesh/impl/consensus");
        this.maxSeeds = maxSeeds;
        if (!Files.isDirectory(sources)) {
            throw new IllegalArgumentException("no sources of the core in " + sources + "; give the repository's root");
        }
    }

    /**
     * Tries a mutant.
     *
     * @param mutant what to break
     * @return how it ended
     * @throws IllegalStateException if the mutant does not fit the source any more, or does not compile
     */
    public Trial run(ProtocolMutant mutant) {
        Loader loader = new Loader(compile(mutant));
        for (int i = 0; i < HAPPY_SEEDS; i++) {
            String noticed = loader.trial("happyPath", i);
            if (!noticed.isEmpty()) {
                return new Trial(mutant, Fate.OBVIOUS, 0, noticed);
            }
        }
        for (int seed = 0; seed < maxSeeds; seed++) {
            String noticed = loader.trial(method, seed);
            if (!noticed.isEmpty()) {
                return new Trial(mutant, Fate.KILLED, seed + 1, noticed);
            }
        }
        return new Trial(mutant, Fate.SURVIVED, maxSeeds, "");
    }

    /**
     * Explores what a mutant can reach.
     *
     * @param mutant what to break
     * @param maxStates most states of each exploration
     * @return what was found first that must not be; empty for nothing
     * @throws IllegalStateException if the mutant does not fit the source any more, or does not compile
     */
    public String explore(ProtocolMutant mutant, int maxStates) {
        return new Loader(compile(mutant)).trial("explored", maxStates);
    }

    private Map<String, byte[]> compile(ProtocolMutant mutant) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler; run with a JDK");
        }
        String text = source(mutant);
        Map<String, ByteArrayOutputStream> written = new HashMap<>();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        List<String> options = List.of("-nowarn", "-proc:none", "-Xlint:none", "--release", "17", "-classpath", path());
        try (StandardJavaFileManager files = compiler.getStandardFileManager(problems, null, null)) {
            JavaFileObject unit = new Text(mutant.file(), text);
            boolean compiled = compiler.getTask(
                            null, new InMemory(files, written), problems, options, null, List.of(unit))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(mutant.name() + " does not compile: " + problems.getDiagnostics());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, byte[]> classes = new HashMap<>();
        written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    /**
     * The core's source with the error in it.
     *
     * @throws IllegalStateException if the mutant does not fit the source any more
     */
    String source(ProtocolMutant mutant) {
        String text;
        try {
            text = Files.readString(sources.resolve(mutant.file()));
        } catch (IOException e) {
            throw new UncheckedIOException("mutant " + mutant.name() + " needs " + mutant.file(), e);
        }
        int at = text.indexOf(mutant.original());
        if (at < 0 || text.indexOf(mutant.original(), at + 1) >= 0) {
            throw new IllegalStateException("mutant " + mutant.name() + " does not fit " + mutant.file()
                    + " any more: its text must occur exactly once: " + mutant.original());
        }
        return text.replace(mutant.original(), mutant.replacement())
                .replace("import org.jspecify.annotations.Nullable;\n", "")
                .replaceAll("@Nullable\\s+", "");
    }

    private static String path() {
        Set<String> places = new LinkedHashSet<>();
        for (Class<?> type : List.of(SimplexCore.class, Certificate.class, CborReader.class)) {
            try {
                places.add(Path.of(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI())
                        .toString());
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
        return String.join(System.getProperty("path.separator"), places);
    }

    private static final class Text extends SimpleJavaFileObject {
        private final String text;

        Text(String file, String text) {
            super(URI.create("string:///online/hypermesh/impl/consensus/" + file), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class InMemory extends ForwardingJavaFileManager<StandardJavaFileManager> {
        private final Map<String, ByteArrayOutputStream> written;

        InMemory(StandardJavaFileManager files, Map<String, ByteArrayOutputStream> written) {
            super(files);
            this.written = written;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                JavaFileManager.Location location,
                String className,
                JavaFileObject.Kind kind,
                @Nullable FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("mem:///" + className.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    written.put(className, bytes);
                    return bytes;
                }
            };
        }
    }

    /** Loads core and simulator anew, the changed classes among them; everything else comes from the parent. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> changed;
        private final ClassLoader original;

        Loader(Map<String, byte[]> changed) {
            super(MutantLab.class.getClassLoader());
            this.changed = changed;
            this.original = MutantLab.class.getClassLoader();
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (RELOADED.stream().noneMatch(name::startsWith)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                return known == null ? define(name) : known;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            byte[] bytes = changed.get(name);
            if (bytes == null) {
                try (InputStream in = original.getResourceAsStream(name.replace('.', '/') + ".class")) {
                    if (in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    bytes = in.readAllBytes();
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        }

        String trial(String method, long seed) {
            try {
                Method trial = loadClass(MutantTrial.class.getName()).getMethod(method, long.class);
                return String.valueOf(trial.invoke(null, seed));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
