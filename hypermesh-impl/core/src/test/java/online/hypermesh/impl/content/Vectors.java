package online.hypermesh.impl.content;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/** The published vectors of {@code docs/spec/content.md}, one {@code name = value} a line. */
public final class Vectors {
    private final Map<String, String> values = new LinkedHashMap<>();

    public Vectors() throws IOException {
        this("content.txt");
    }

    private Vectors(String name) throws IOException {
        Path file = root().resolve("docs/spec/vectors").resolve(name);
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" = ", 2);
                values.put(parts[0], parts[1]);
            }
        }
    }

    /** The vectors of another document. */
    public static Vectors of(String name) throws IOException {
        return new Vectors(name);
    }

    public String text(String name) {
        return Optional.ofNullable(values.get(name)).orElseThrow(() -> new AssertionError("no vector named " + name));
    }

    public byte[] bytes(String name) {
        return HexFormat.of().parseHex(text(name));
    }

    /** SHA-256 of 0, 1, 2 … as u32, joined and cut to a length: bytes that look random and need no generator. */
    public static byte[] counted(int length) {
        byte[] all = new byte[length];
        for (int i = 0; i * 32 < length; i++) {
            byte[] block = Digest.sha256(new byte[] {(byte) (i >> 24), (byte) (i >> 16), (byte) (i >> 8), (byte) i})
                    .toBytes();
            System.arraycopy(block, 0, all, i * 32, Math.min(32, length - i * 32));
        }
        return all;
    }

    /** Randomness that repeats {@link #counted}, for vectors only. */
    public static SecureRandom fixed() {
        return new SecureRandom() {
            private static final long serialVersionUID = 1L;

            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(counted(bytes.length), 0, bytes, 0, bytes.length);
            }
        };
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("docs/spec"))) {
            at = Optional.ofNullable(at.getParent())
                    .orElseThrow(() -> new AssertionError("no docs/spec above the module"));
        }
        return at;
    }
}
