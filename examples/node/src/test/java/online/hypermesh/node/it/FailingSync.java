package online.hypermesh.node.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes the system calls that sync files fail in another process, for as long as one says so: a small library that is loaded
 * before the C library, compiled here. Needs Linux and a C compiler. Confined to one thread.
 */
final class FailingSync {
    private final Path library;
    private final Path trigger;

    /** The library, or why there is none. */
    record Made(Optional<FailingSync> value, String whyNot) {}

    private FailingSync(Path library, Path trigger) {
        this.library = library;
        this.trigger = trigger;
    }

    static Made compile(Path directory) throws IOException, InterruptedException {
        if (!System.getProperty("os.name").equals("Linux")) {
            return new Made(Optional.empty(), "syncs are made to fail by LD_PRELOAD, which needs Linux");
        }
        Path source = directory.resolve("failing-sync.c");
        Path library = directory.resolve("failing-sync.so");
        try (InputStream in = FailingSync.class.getResourceAsStream("failing-sync.c")) {
            Files.copy(Objects.requireNonNull(in, "failing-sync.c is missing from the test's resources"), source);
        }
        StringBuilder whyNot = new StringBuilder("syncs are made to fail by a library that needs a C compiler");
        for (String compiler : List.of("cc", "gcc", "clang")) {
            try {
                Process process = new ProcessBuilder(
                                compiler, "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString())
                        .redirectErrorStream(true)
                        .start();
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0) {
                    return new Made(Optional.of(new FailingSync(library, directory.resolve("syncs-fail"))), "");
                }
                process.destroyForcibly();
                whyNot.append("; ").append(compiler).append(": ").append(said.strip());
            } catch (IOException e) {
                whyNot.append("; ").append(e.getMessage());
            }
        }
        return new Made(Optional.empty(), whyNot.toString());
    }

    /** Lets a process to come fail to sync files whose paths begin so, whenever {@link #fail} was said. */
    void surround(ProcessBuilder builder, Path under) {
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("FAILING_SYNC_UNDER", under.toString());
        builder.environment().put("FAILING_SYNC_WHILE", trigger.toString());
    }

    void fail() throws IOException {
        Files.createFile(trigger);
    }

    void stopFailing() throws IOException {
        Files.delete(trigger);
    }
}
