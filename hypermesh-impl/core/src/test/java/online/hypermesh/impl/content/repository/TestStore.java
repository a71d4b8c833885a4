package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/** Repositories and file trees for tests. */
final class TestStore {
    static final RepositoryKey KEY = RepositoryKey.raw(SecretBytes.copyOf(new byte[RepositoryKey.KEY_BYTES]));

    private TestStore() {}

    static Repository.Options options() {
        return new Repository.Options(Clock.systemUTC(), 2);
    }

    static Repository create(Path directory) {
        return Repository.create(directory, KEY, Repository.Format.DEFAULT, options());
    }

    static Repository open(Path directory) {
        return Repository.open(directory, KEY, options());
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** Text-like bytes that compress. */
    static byte[] text(long seed, int length) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ("aeiou nrst".charAt(random.nextInt(10)));
        }
        return bytes;
    }

    static Path write(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    static List<Path> filesUnder(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            all.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        return files;
    }

    static void flip(Path file, long position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) position] ^= 0x10;
        Files.write(file, bytes);
    }
}
