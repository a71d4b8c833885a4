package online.hypermesh.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A program from the distribution, run as a user would run it. */
enum ForeignProgram {
    NGTCP2_CLIENT("gtlsclient", "ngtcp2-client"),
    NGTCP2_SERVER("gtlsserver", "ngtcp2-server"),
    KDIG("kdig", "knot-dnsutils");

    private static final List<Path> FOLDERS =
            List.of(Path.of("/usr/bin"), Path.of("/usr/sbin"), Path.of("/usr/local/bin"));

    private final String file;
    private final String debianPackage;

    ForeignProgram(String file, String debianPackage) {
        this.file = file;
        this.debianPackage = debianPackage;
    }

    private Optional<Path> path() {
        return FOLDERS.stream()
                .map(folder -> folder.resolve(file))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Skips the test, saying what to install, where the program is missing. */
    void require() {
        Assumptions.assumeTrue(
                path().isPresent(),
                () -> file + " is not installed; to run this test: apt-get install " + debianPackage);
    }

    /** Starts the program; what it prints goes to a file. */
    Running start(Path folder, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(path().orElseThrow().toString());
        command.addAll(List.of(arguments));
        try {
            Path output = folder.resolve(file + ".out");
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new Running(process, output);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    /** A started program; ended with the test. */
    record Running(Process process, Path output) implements AutoCloseable {
        private static final long PATIENCE_SECONDS = 30;

        /** Waits for its end and gives what it printed. */
        String finish() throws InterruptedException {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("not finished within " + PATIENCE_SECONDS + " s: " + printed());
            }
            if (process.exitValue() != 0) {
                throw new AssertionError("ended with " + process.exitValue() + ": " + printed());
            }
            return printed();
        }

        String printed() {
            try {
                return Files.readString(output, StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
