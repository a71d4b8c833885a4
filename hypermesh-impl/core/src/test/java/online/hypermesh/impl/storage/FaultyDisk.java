package online.hypermesh.impl.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Files in memory that can lose what was not synced, run full, fail to sync and rot. */
final class FaultyDisk implements SegmentFiles {
    private static final int SECTOR_BYTES = 128;

    private final Map<String, Contents> files = new TreeMap<>();
    private final Map<String, Contents> durableNames = new TreeMap<>();
    long capacityBytes = Long.MAX_VALUE;
    boolean failSync;
    int fileSyncs;
    int directorySyncs;
    Runnable duringSync = () -> {};

    private static final class Contents {
        byte[] bytes = new byte[0];
        byte[] durable = new byte[0];
    }

    synchronized byte[] contents(String name) {
        return files.get(name).bytes.clone();
    }

    synchronized void setContents(String name, byte[] bytes) {
        Contents c = files.computeIfAbsent(name, n -> new Contents());
        c.bytes = bytes.clone();
        c.durable = bytes.clone();
        durableNames.put(name, c);
    }

    synchronized void flip(String name, long bit) {
        files.get(name).bytes[(int) (bit / 8)] ^= (byte) (1 << (bit % 8));
    }

    synchronized FaultyDisk copy() {
        FaultyDisk copy = new FaultyDisk();
        files.forEach((name, c) -> copy.setContents(name, c.bytes));
        return copy;
    }

    /** What the disk holds after the power failed: of the rest, any sectors and names may have made it. */
    synchronized FaultyDisk afterPowerCut(Random random) {
        FaultyDisk after = new FaultyDisk();
        files.forEach((name, c) -> {
            if (!durableNames.containsKey(name) && random.nextBoolean()) {
                return;
            }
            int length = c.bytes.length <= c.durable.length
                    ? c.bytes.length
                    : c.durable.length + random.nextInt(c.bytes.length - c.durable.length + 1);
            byte[] kept = Arrays.copyOf(c.durable, length);
            for (int at = 0; at < length; at += SECTOR_BYTES) {
                if (random.nextBoolean()) {
                    System.arraycopy(c.bytes, at, kept, at, Math.min(SECTOR_BYTES, length - at));
                }
            }
            after.setContents(name, kept);
        });
        return after;
    }

    @Override
    public synchronized List<String> names() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public synchronized SegmentFile create(String name) throws IOException {
        requireRoom(64);
        files.put(name, new Contents());
        return open(name);
    }

    @Override
    public synchronized SegmentFile open(String name) throws IOException {
        Contents c = files.get(name);
        if (c == null) {
            throw new NoSuchFileException(name);
        }
        return new Open(c);
    }

    @Override
    public synchronized void delete(String name) {
        files.remove(name);
    }

    @Override
    public synchronized void sync() throws IOException {
        directorySyncs++;
        if (failSync) {
            throw new IOException("Input/output error");
        }
        durableNames.clear();
        durableNames.putAll(files);
    }

    @Override
    public void close() {}

    private void requireRoom(int more) throws IOException {
        long used = files.values().stream().mapToLong(c -> c.bytes.length).sum();
        if (used + more > capacityBytes) {
            throw new IOException("No space left on device");
        }
    }

    private final class Open implements SegmentFile {
        private final Contents contents;
        private boolean closed;

        Open(Contents contents) {
            this.contents = contents;
        }

        private void requireOpen() {
            if (closed) {
                throw new UncheckedIOException(new IOException("the file was closed while in use"));
            }
        }

        @Override
        public long length() {
            synchronized (FaultyDisk.this) {
                requireOpen();
                return contents.bytes.length;
            }
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            synchronized (FaultyDisk.this) {
                requireOpen();
                int n = (int) Math.max(0, Math.min(length, contents.bytes.length - position));
                System.arraycopy(contents.bytes, (int) position, into, offset, n);
                return n;
            }
        }

        @Override
        public void write(long position, byte[] bytes) throws IOException {
            synchronized (FaultyDisk.this) {
                requireOpen();
                int end = (int) position + bytes.length;
                int fits = bytes.length;
                IOException full = null;
                try {
                    requireRoom(Math.max(0, end - contents.bytes.length));
                } catch (IOException e) {
                    full = e;
                    fits = bytes.length / 2;
                }
                if (position + fits > contents.bytes.length) {
                    contents.bytes = Arrays.copyOf(contents.bytes, (int) position + fits);
                }
                System.arraycopy(bytes, 0, contents.bytes, (int) position, fits);
                if (full != null) {
                    throw full;
                }
            }
        }

        @Override
        public void truncate(long length) {
            synchronized (FaultyDisk.this) {
                requireOpen();
                contents.bytes = Arrays.copyOf(contents.bytes, (int) length);
            }
        }

        @Override
        public void sync() throws IOException {
            duringSync.run();
            synchronized (FaultyDisk.this) {
                requireOpen();
                fileSyncs++;
                if (failSync) {
                    throw new IOException("Input/output error");
                }
                contents.durable = contents.bytes.clone();
            }
        }

        @Override
        public void close() {
            synchronized (FaultyDisk.this) {
                closed = true;
            }
        }
    }
}
