package online.hypermesh.sim;

import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import online.hypermesh.impl.consensus.AppendFile;

/** A file on a disk that forgets what was not synced; possibly only parts of it. Confined to one thread. */
final class SimDisk implements AppendFile {
    private byte[] content = new byte[1024];
    private int written;
    /** What a crash leaves for certain: the content's beginning, for nothing but its end ever changes. */
    private int durable;

    private boolean exists;
    private final boolean lies;
    private long forced;

    /** A disk that lies reports every sync as done and does nothing. */
    SimDisk(boolean lies) {
        this.lies = lies;
    }

    boolean exists() {
        return exists;
    }

    long forced() {
        return forced;
    }

    @Override
    public byte[] read() {
        return Arrays.copyOf(content, written);
    }

    @Override
    public long size() {
        return written;
    }

    @Override
    public void append(byte[] bytes) throws IOException {
        if (written + bytes.length > content.length) {
            content = Arrays.copyOf(content, Math.max(2 * content.length, written + bytes.length));
        }
        System.arraycopy(bytes, 0, content, written, bytes.length);
        written += bytes.length;
        exists = true;
    }

    @Override
    public void force() {
        forced++;
        if (!lies) {
            durable = written;
        }
    }

    @Override
    public void replace(byte[] bytes) {
        content = bytes.clone();
        exists = true;
        written = content.length;
        durable = written;
        forced++;
    }

    /** The power fails: of what was not synced, a prefix survives, possibly with garbage at its end. */
    void crash(SplittableRandom random) {
        int tail = written - durable;
        if (tail > 0 && random.nextInt(2) == 0) {
            written = durable + random.nextInt(tail + 1);
            if (written > durable && random.nextInt(3) == 0) {
                content[written - 1] ^= (byte) 0x55;
            }
        } else {
            written = durable;
        }
        durable = written;
    }

    void wipe() {
        written = 0;
        durable = 0;
        exists = false;
    }

    @Override
    public void close() {}
}
