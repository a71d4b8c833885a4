package online.hypermesh.node.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * The file that is stored when none is given: 4 MiB of made-up inventory lines, the same on every machine. The first
 * mebibyte comes again as the third, so that a quarter of it is known when it is met again.
 */
final class Sample {
    static final String DESCRIPTION =
            "generated sample: 4 MiB of made-up inventory lines, of which the third MiB repeats the first";

    private static final int PART_BYTES = 1 << 20;
    private static final String[] THINGS = {
        "anchor", "barrel", "candle", "drawer", "engine", "filter", "gasket", "hinge", "inlet", "jigsaw", "kettle",
        "lever"
    };

    private Sample() {}

    static void write(Path file) throws IOException {
        write(file, 1);
    }

    /** A file of the same shape that shares no line with the first one. */
    static void writeAnother(Path file) throws IOException {
        write(file, 101);
    }

    private static void write(Path file, long seed) throws IOException {
        byte[] first = part(seed);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(first);
            out.write(part(seed + 1));
            out.write(first);
            out.write(part(seed + 2));
        }
    }

    private static byte[] part(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder(PART_BYTES + 128);
        while (text.length() < PART_BYTES) {
            text.append(Long.toHexString(random.nextLong()))
                    .append(' ')
                    .append(THINGS[random.nextInt(THINGS.length)])
                    .append(" shelf ")
                    .append(random.nextInt(1000))
                    .append(" count ")
                    .append(random.nextInt(100_000))
                    .append('\n');
        }
        text.setLength(PART_BYTES);
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
