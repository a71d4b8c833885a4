package online.hypermesh.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Versions of a tree of source-like files as tar archives, the same on every machine: each version edits some files of the one
 * before and gives every file a new time, as archives made from version control have it; one file in twelve is random bytes.
 */
final class SourceTrees {
    private static final int BLOCK = 512;
    private static final int WORDS = 6000;
    private static final int MIN_FILE = 400;
    private static final int MAX_FILE = 26_000;
    private static final String[] FRAMES = {
        "    private final %s %s;\n",
        "        if (%s.%s()) {\n",
        "        return %s(%s);\n",
        "    public %s %s(",
        "        %s = new %s();\n",
        "    }\n\n    /** %s %s. */\n",
        "import org.%s.%s;\n",
        "            throw new IllegalStateException(\"%s \" + %s);\n",
    };

    private final SplittableRandom random = new SplittableRandom(20_261_122);
    private final String[] words = new String[WORDS];
    private final byte[][] files;
    private int version;

    SourceTrees(int fileCount) {
        for (int i = 0; i < WORDS; i++) {
            words[i] = word();
        }
        files = new byte[fileCount][];
        for (int i = 0; i < fileCount; i++) {
            files[i] = i % 12 == 11 ? noise(size() * 3 / 2) : text(size());
        }
    }

    private int size() {
        int a = random.nextInt(MIN_FILE, MAX_FILE);
        return Math.min(a, random.nextInt(MIN_FILE, MAX_FILE));
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        for (int parts = 1 + random.nextInt(3); parts > 0; parts--) {
            for (int letters = 2 + random.nextInt(5); letters > 0; letters--) {
                word.append("etaoinshrdlucmfpgwyb".charAt(Math.min(random.nextInt(20), random.nextInt(20))));
            }
        }
        return word.toString();
    }

    /** A word; some are far more frequent than others. */
    private String pick() {
        double x = random.nextDouble();
        return words[(int) (WORDS * x * x * x)];
    }

    private byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        return noise;
    }

    private byte[] text(int bytes) {
        StringBuilder text = new StringBuilder(bytes + 100);
        while (text.length() < bytes) {
            text.append(String.format(FRAMES[random.nextInt(FRAMES.length)], pick(), pick()));
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Edits one file in eight in one place, and one in a hundred altogether. */
    private void edit() {
        for (int i = 0; i < files.length; i++) {
            if (i % 12 == 11) {
                continue;
            }
            if (random.nextInt(100) == 0) {
                files[i] = text(size());
            } else if (random.nextInt(8) == 0) {
                byte[] old = files[i];
                byte[] added = text(random.nextInt(20, 400));
                int at = random.nextInt(old.length);
                int resume = Math.min(old.length, at + random.nextInt(200));
                byte[] fresh = Arrays.copyOf(old, at + added.length + old.length - resume);
                System.arraycopy(added, 0, fresh, at, added.length);
                System.arraycopy(old, resume, fresh, at + added.length, old.length - resume);
                files[i] = fresh;
            }
        }
    }

    /** Writes the next version; returns its length. */
    long write(Path archive) throws IOException {
        if (version++ > 0) {
            edit();
        }
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive), 1 << 16)) {
            for (int i = 0; i < files.length; i++) {
                out.write(header(
                        String.format("project/module%02d/package%02d/File%05d.java", i % 9, i % 31, i), files[i]));
                out.write(files[i]);
                out.write(new byte[(BLOCK - files[i].length % BLOCK) % BLOCK]);
            }
            out.write(new byte[2 * BLOCK]);
        }
        return Files.size(archive);
    }

    /** A ustar header (POSIX.1-1988). */
    private byte[] header(String name, byte[] file) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000644\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, String.format("%011o ", file.length));
        put(header, 136, String.format("%011o ", 1_700_000_000L + version * 86_400L));
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
