package online.hypermesh.node.it;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** What a failing disk does to the segment log of a stopped node. */
final class SegmentDamage {
    private SegmentDamage() {}

    /** Changes a byte of the payload of the record whose id begins so; returns the segment's name. */
    static String flipByteInRecordOf(byte[] idPrefix, Path log) throws IOException {
        try (Stream<Path> segments = Files.list(log)) {
            for (Path segment :
                    segments.filter(p -> p.toString().endsWith(".log")).sorted().toList()) {
                byte[] all = Files.readAllBytes(segment);
                ByteBuffer buffer = ByteBuffer.wrap(all);
                for (int at = 64; at + 45 < all.length; at += 45 + buffer.getInt(at + 4)) {
                    int type = all[at + 8];
                    if (type != 0
                            && Arrays.equals(all, at + 9, at + 9 + idPrefix.length, idPrefix, 0, idPrefix.length)) {
                        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                            long middle = at + 45L + buffer.getInt(at + 4) / 2;
                            file.seek(middle);
                            file.write(all[(int) middle] ^ 1);
                        }
                        return String.valueOf(segment.getFileName());
                    }
                }
            }
        }
        throw new AssertionError("no such record in " + log);
    }
}
