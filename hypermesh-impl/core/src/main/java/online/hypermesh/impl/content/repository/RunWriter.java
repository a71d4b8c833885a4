package online.hypermesh.impl.content.repository;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** Writes a run of the index from entries in ascending order. It appears, durably, when it is finished. Confined to one thread. */
final class RunWriter implements AutoCloseable {
    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final SecureRandom random;
    private final String name;
    private final Path fresh;
    private final FileChannel channel;
    private final OutputStream out;
    private final byte[] salt;
    private final RunFormat.PageCipher cipher;
    private final byte[] page = new byte[RunFormat.PAGE_PLAIN_BYTES];
    private final byte[] sealed = new byte[RunFormat.PAGE_BYTES];
    private final ChunkFilter filter;
    private final Map<PackSlot, Integer> packNumbers = new HashMap<>();
    private final List<PackSlot> packs = new ArrayList<>();
    private byte[] fences = new byte[1024];
    private int pages;
    private int inPage;
    private long entries;
    private long lastHi;
    private long lastLo;
    private boolean finished;

    /** A writer of at most {@code atMost} entries. */
    RunWriter(RepositoryFiles files, RepositoryKeys keys, SecureRandom random, long atMost) {
        this.files = files;
        this.keys = keys;
        this.random = random;
        this.name = Bytes.randomName(random);
        this.fresh = files.index().resolve(name + RepositoryFiles.FRESH);
        this.salt = StreamSeal.newSalt(random);
        this.cipher = new RunFormat.PageCipher(keys.pageKey(salt));
        this.filter = ChunkFilter.forChunks(atMost);
        try {
            this.channel = FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            this.out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        } catch (IOException e) {
            throw Failures.disk("write", fresh, e);
        }
    }

    /** Adds an entry; one equal to its predecessor in id is left out. */
    void add(long hi, long lo, PackSlot pack, int offset, int length) {
        if (entries > 0) {
            int order = Long.compareUnsigned(hi, lastHi);
            if (order < 0 || order == 0 && Long.compareUnsigned(lo, lastLo) < 0) {
                throw new IllegalStateException("entries of a run ascend");
            }
            if (hi == lastHi && lo == lastLo) {
                return;
            }
        }
        if (inPage == 0) {
            if (fences.length < (pages + 1) * Long.BYTES) {
                fences = Arrays.copyOf(fences, fences.length * 2);
            }
            Bytes.putLong(fences, pages * Long.BYTES, hi);
        }
        int at = inPage * RunFormat.ENTRY_BYTES;
        Bytes.putLong(page, at, hi);
        Bytes.putLong(page, at + 8, lo);
        Bytes.putInt(page, at + 16, number(pack));
        Bytes.putTriple(page, at + 20, offset);
        Bytes.putTriple(page, at + 23, length);
        filter.add(hi, lo);
        lastHi = hi;
        lastLo = lo;
        entries++;
        if (++inPage == RunFormat.PAGE_ENTRIES) {
            endPage();
        }
    }

    private int number(PackSlot pack) {
        Integer known = packNumbers.get(pack);
        if (known != null) {
            return known;
        }
        packs.add(pack);
        packNumbers.put(pack, packs.size() - 1);
        return packs.size() - 1;
    }

    private void endPage() {
        Arrays.fill(page, inPage * RunFormat.ENTRY_BYTES, page.length, (byte) 0);
        cipher.seal(pages, page, sealed);
        write(sealed);
        pages++;
        inPage = 0;
    }

    private void write(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw Failures.disk("write", fresh, e);
        }
    }

    /** Whether no more entries should be added. */
    boolean isFull() {
        return packs.size() >= RunFormat.MAX_PACKS - 1 || entries >= RunFormat.MAX_ENTRIES;
    }

    long entries() {
        return entries;
    }

    /** Finishes the run, which takes the place of others. Durable when this returns. */
    String finish(Collection<String> superseded) {
        if (inPage > 0) {
            endPage();
        }
        long tail = (long) pages * RunFormat.PAGE_BYTES;
        CborWriter directory = new CborWriter(64 + packs.size() * 40)
                .array(5)
                .uint(RunFormat.VERSION)
                .uint(entries)
                .bytes(salt)
                .list(packs, (w, pack) -> w.array(2).bytes(pack.id().toBytes()).uint(pack.storedBytes()))
                .list(List.copyOf(superseded), CborWriter::text);
        part(0, directory.toBytes());
        part(1, Arrays.copyOf(fences, pages * Long.BYTES));
        part(2, filter.bits());
        ByteBuffer trailer = ByteBuffer.allocate(RunFormat.TRAILER_BYTES);
        trailer.putLong(tail).put(RunFormat.MAGIC);
        write(trailer.array());
        try {
            out.flush();
            channel.force(true);
            channel.close();
            Files.move(fresh, files.run(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Failures.disk("write", fresh, e);
        }
        files.touched(files.index());
        files.sync();
        finished = true;
        return name;
    }

    private void part(int number, byte[] plain) {
        byte[] bytes = keys.sealMeta(StreamSeal.newSalt(random), RunFormat.context(name, number), plain);
        write(ByteBuffer.allocate(4).putInt(bytes.length).array());
        write(bytes);
    }

    /** Removes what was not finished. */
    @Override
    public void close() {
        if (!finished) {
            try {
                channel.close();
                Files.deleteIfExists(fresh);
            } catch (IOException e) {
                throw Failures.disk("delete", fresh, e);
            }
        }
    }
}
