package online.hypermesh.sim;

import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import online.hypermesh.impl.consensus.AppendFile;

/** A file on a disk that forgets what was not synced; possibly only parts of it. Confined to one thread. */
final class SimDisk implements AppendFile {
    private byte[] durable = new byte[0];
    private byte[] written = new byte[0];
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
        return written.clone();
    }

    @Override
    public long size() {
        return written.length;
    }

    @Override
    public void append(byte[] bytes) throws IOException {
        int at = written.length;
        written = Arrays.copyOf(written, at + bytes.length);
        System.arraycopy(bytes, 0, written, at, bytes.length);
        exists = true;
    }

    @Override
    public void force() {
        forced++;
        if (!lies) {
            durable = written.clone();
        }
    }

    @Override
    public void replace(byte[] content) {
        written = content.clone();
        exists = true;
        durable = written.clone();
        forced++;
    }

    /** The power fails: of what was not synced, a prefix survives, possibly with garbage at its end. */
    void crash(SplittableRandom random) {
        int tail = written.length - durable.length;
        if (tail > 0 && random.nextInt(2) == 0) {
            byte[] torn = Arrays.copyOf(written, durable.length + random.nextInt(tail + 1));
            if (torn.length > durable.length && random.nextInt(3) == 0) {
                torn[torn.length - 1] ^= (byte) 0x55;
            }
            written = torn;
        } else {
            written = durable.clone();
        }
        durable = written.clone();
    }

    void wipe() {
        durable = new byte[0];
        written = new byte[0];
        exists = false;
    }

    @Override
    public void close() {}
}
