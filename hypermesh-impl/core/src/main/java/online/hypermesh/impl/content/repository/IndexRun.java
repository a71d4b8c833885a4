package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * One file of the index: entries sorted by id, in sealed pages that are read as they are needed. In memory are its filter,
 * the first id of each page, and its packs. Confined to one thread.
 */
final class IndexRun implements AutoCloseable {
    private final String name;
    private final FileChannel channel;
    private final RunFormat.PageCipher cipher;
    private final long entries;
    private final List<PackSlot> packs;
    private final Set<String> superseded;
    private final long[] fences;
    private final ChunkFilter filter;
    private final byte[] sealed = new byte[RunFormat.PAGE_BYTES];

    private IndexRun(
            String name,
            FileChannel channel,
            RunFormat.PageCipher cipher,
            long entries,
            List<PackSlot> packs,
            Set<String> superseded,
            long[] fences,
            ChunkFilter filter) {
        this.name = name;
        this.channel = channel;
        this.cipher = cipher;
        this.entries = entries;
        this.packs = packs;
        this.superseded = superseded;
        this.fences = fences;
        this.filter = filter;
    }

    /**
     * Opens a run.
     *
     * @throws HypermeshException CORRUPTED naming the run
     * @throws IOException when it cannot be read
     */
    static IndexRun open(Path file, String name, RepositoryKeys keys) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        boolean opened = false;
        try {
            IndexRun run = read(channel, name, keys);
            opened = true;
            return run;
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("index run " + name + " is damaged", e);
        } catch (HypermeshException e) {
            throw Failures.corrupted("index run " + name + " is damaged", e);
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    private static IndexRun read(FileChannel channel, String name, RepositoryKeys keys) throws IOException {
        long size = channel.size();
        if (size < RunFormat.TRAILER_BYTES) {
            throw Failures.corrupted("it has " + size + " bytes");
        }
        byte[] trailer = read(channel, size - RunFormat.TRAILER_BYTES, RunFormat.TRAILER_BYTES);
        long at = Bytes.getLong(trailer, 0);
        if (!Arrays.equals(trailer, 8, 16, RunFormat.MAGIC, 0, 8) || at < 0 || at % RunFormat.PAGE_BYTES != 0) {
            throw Failures.corrupted("its end is not that of a run");
        }
        long pages = at / RunFormat.PAGE_BYTES;
        byte[][] parts = new byte[3][];
        for (int i = 0; i < parts.length; i++) {
            if (at > size - RunFormat.TRAILER_BYTES - 4) {
                throw Failures.corrupted("it ends too early");
            }
            int length = Bytes.getInt(read(channel, at, 4), 0);
            if (length < 0 || length > RunFormat.MAX_PART_BYTES || at + 4 + length > size - RunFormat.TRAILER_BYTES) {
                throw Failures.corrupted("a part has " + length + " bytes");
            }
            parts[i] =
                    keys.openMeta(RunFormat.context(name, i), read(channel, at + 4, length), RunFormat.MAX_PART_BYTES);
            at += 4 + length;
        }
        CborReader r = new CborReader(parts[0]).expectArray(5).expect(RunFormat.VERSION, "run version");
        long entries = r.uint();
        byte[] salt = r.fixedBytes(StreamSeal.SALT_BYTES);
        List<PackSlot> packs = r.list(RunFormat.MAX_PACKS, p -> {
            p.expectArray(2);
            return new PackSlot(Digest.of(p.fixedBytes(Digest.LENGTH)), p.uint(1 << 23));
        });
        Set<String> superseded = new LinkedHashSet<>(r.list(RunFormat.MAX_SUPERSEDED, s -> s.text(32)));
        r.end();
        if (entries > RunFormat.MAX_ENTRIES
                || pages != (entries + RunFormat.PAGE_ENTRIES - 1) / RunFormat.PAGE_ENTRIES
                || parts[1].length != pages * Long.BYTES) {
            throw Failures.corrupted("it announces " + entries + " entries in " + pages + " pages");
        }
        long[] fences = new long[(int) pages];
        for (int i = 0; i < fences.length; i++) {
            fences[i] = Bytes.getLong(parts[1], i * Long.BYTES);
        }
        return new IndexRun(
                name,
                channel,
                new RunFormat.PageCipher(keys.pageKey(salt)),
                entries,
                packs,
                superseded,
                fences,
                ChunkFilter.of(parts[2]));
    }

    private static byte[] read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw Failures.corrupted("it ends too early");
            }
        }
        return buffer.array();
    }

    String name() {
        return name;
    }

    long entries() {
        return entries;
    }

    int pages() {
        return fences.length;
    }

    /** Packs by their numbers in this run. */
    List<PackSlot> packs() {
        return packs;
    }

    /** Runs whose place this one takes. */
    Set<String> superseded() {
        return superseded;
    }

    boolean mayHold(long hi, long lo) {
        return filter.mayHold(hi, lo);
    }

    /** The last page whose first id begins with no more than {@code hi}; -1 when all begin later. */
    int pageOf(long hi) {
        int low = 0;
        int high = fences.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(fences[middle], hi) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** Whether ids that begin with {@code hi} may also lie in the page before. */
    boolean beginsWith(int page, long hi) {
        return fences[page] == hi;
    }

    int entriesIn(int page) {
        return (int) Math.min(RunFormat.PAGE_ENTRIES, entries - (long) page * RunFormat.PAGE_ENTRIES);
    }

    /** Reads and opens a page. */
    byte[] page(int page) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(sealed);
            long position = (long) page * RunFormat.PAGE_BYTES;
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, position + buffer.position()) < 0) {
                    throw Failures.corrupted("index run " + name + " ends too early");
                }
            }
        } catch (IOException e) {
            throw Failures.disk("read index run", Path.of(name), e);
        }
        byte[] plain = new byte[RunFormat.PAGE_PLAIN_BYTES];
        cipher.open(name, page, sealed, plain);
        for (int at = 0; at < entriesIn(page) * RunFormat.ENTRY_BYTES; at += RunFormat.ENTRY_BYTES) {
            if (Bytes.getInt(plain, at + 16) < 0 || Bytes.getInt(plain, at + 16) >= packs.size()) {
                throw Failures.corrupted("index run " + name + " refers to a pack it does not list");
            }
        }
        return plain;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Failures.disk("close index run", Path.of(name), e);
        }
    }
}
