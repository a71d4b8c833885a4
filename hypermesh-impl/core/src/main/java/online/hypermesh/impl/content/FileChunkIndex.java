package online.hypermesh.impl.content;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ChunkIndex} kept in an append-only file and loaded to the heap when opened. File: {@code "HMCI" | u16 version |
 * domain(32)}, then records {@code u32 length | u32 CRC-32C of what follows | canonical CBOR}. A torn or damaged tail is cut
 * off when the file is opened: what it described is stored again at the next occasion. The file is locked while open.
 */
public final class FileChunkIndex implements ChunkIndex {
    private static final byte[] MAGIC = {'H', 'M', 'C', 'I'};
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 38;
    private static final int MAX_RECORD_BYTES = 1 << 20;
    private static final int MAX_CHUNKS_PER_RECORD = 20_000;
    private static final int PACK_RECORD = 0;
    private static final int FORGET_RECORD = 1;

    private final Path file;
    private final FileChannel channel;
    private final MemoryChunkIndex memory;
    private final List<byte[]> provisional = new ArrayList<>();
    private long droppedBytes;
    private boolean failed;

    private FileChunkIndex(Path file, FileChannel channel, int maxChunks) {
        this.file = file;
        this.channel = channel;
        this.memory = new MemoryChunkIndex(maxChunks);
    }

    /**
     * Opens or creates an index.
     *
     * @param file where; its directory exists
     * @param domain the deduplication domain, {@link ContentKeys#domain()}
     * @param maxChunks most chunks held, at least 1
     * @return the index
     * @throws HypermeshException LOCKED when open elsewhere, CONFLICT when it is of another domain, MALFORMED when it is no
     *     index, STORAGE_FAILED
     */
    public static FileChunkIndex open(Path file, Digest domain, int maxChunks) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            lock(channel, file);
            FileChunkIndex index = new FileChunkIndex(file, channel, maxChunks);
            index.load(domain);
            return index;
        } catch (IOException e) {
            closeAfter(channel, e);
            throw failure(file, "cannot be opened", e);
        } catch (RuntimeException e) {
            closeAfter(channel, e);
            throw e;
        }
    }

    @Override
    public Optional<ChunkLocation> find(Digest chunk) {
        return memory.find(chunk);
    }

    @Override
    public synchronized void add(StoredPack pack, Map<Digest, Extent> chunks) {
        memory.add(pack, chunks);
        List<Map.Entry<Digest, Extent>> entries = List.copyOf(chunks.entrySet());
        for (int from = 0; from < entries.size(); from += MAX_CHUNKS_PER_RECORD) {
            provisional.add(
                    packRecord(pack, entries.subList(from, Math.min(entries.size(), from + MAX_CHUNKS_PER_RECORD))));
        }
    }

    @Override
    public synchronized void commit() {
        if (!provisional.isEmpty()) {
            append(provisional);
            provisional.clear();
        }
        memory.commit();
    }

    @Override
    public synchronized void rollback() {
        provisional.clear();
        memory.rollback();
    }

    @Override
    public synchronized void forget(Digest packId) {
        memory.forget(packId);
        append(List.of(new CborWriter()
                .array(2)
                .uint(FORGET_RECORD)
                .bytes(packId.toBytes())
                .toBytes()));
    }

    @Override
    public int size() {
        return memory.size();
    }

    /**
     * Bytes that were cut off the file when it was opened, because they were torn or damaged.
     *
     * @return 0 for a sound file
     */
    public long droppedBytes() {
        return droppedBytes;
    }

    @Override
    public synchronized void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(file, "cannot be closed", e);
        }
    }

    private void append(List<byte[]> records) {
        if (failed) {
            throw failure(file, "failed earlier and takes no more records; open it again", null);
        }
        try {
            for (byte[] record : records) {
                ByteBuffer frame = ByteBuffer.allocate(8 + record.length);
                frame.putInt(record.length).putInt(crc(record)).put(record).flip();
                while (frame.hasRemaining()) {
                    channel.write(frame);
                }
            }
            channel.force(false);
        } catch (IOException e) {
            failed = true;
            throw failure(file, "cannot be written", e);
        }
    }

    private void load(Digest domain) throws IOException {
        byte[] header = ByteBuffer.allocate(HEADER_BYTES)
                .put(MAGIC)
                .putShort((short) VERSION)
                .put(domain.toBytes())
                .array();
        if (channel.size() < HEADER_BYTES) {
            droppedBytes = channel.size();
            channel.truncate(0);
            ByteBuffer out = ByteBuffer.wrap(header);
            while (out.hasRemaining()) {
                channel.write(out);
            }
            channel.force(true);
            syncDirectory(file);
            return;
        }
        channel.position(0);
        DataInputStream in =
                new DataInputStream(new BufferedInputStream(shielded(Channels.newInputStream(channel)), 1 << 16));
        checkHeader(in.readNBytes(HEADER_BYTES), header);
        long good = HEADER_BYTES;
        Map<Digest, StoredPack> packs = new LinkedHashMap<>();
        for (byte[] record = read(in); record.length > 0 && apply(record, packs); record = read(in)) {
            good += 8 + record.length;
        }
        memory.commit();
        droppedBytes = channel.size() - good;
        channel.truncate(good);
        channel.position(good);
    }

    private void checkHeader(byte[] found, byte[] expected) {
        if (!Arrays.equals(found, 0, 6, expected, 0, 6)) {
            throw new HypermeshException(
                    Code.MALFORMED,
                    Retry.NEVER,
                    file + " is no chunk index of version " + VERSION + ". Name another file or delete this one");
        }
        if (!Arrays.equals(found, expected)) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    file + " is the chunk index of another owner. Name another file for these keys");
        }
    }

    /** The next sound record, or an empty array where the sound part ends. */
    private static byte[] read(DataInputStream in) throws IOException {
        try {
            int length = in.readInt();
            int crc = in.readInt();
            if (length < 1 || length > MAX_RECORD_BYTES) {
                return new byte[0];
            }
            byte[] record = in.readNBytes(length);
            return record.length == length && crc(record) == crc ? record : new byte[0];
        } catch (EOFException e) {
            return new byte[0];
        }
    }

    private boolean apply(byte[] record, Map<Digest, StoredPack> packs) {
        try {
            CborReader r = new CborReader(record);
            int items = r.array(5);
            int type = r.uint(FORGET_RECORD);
            Digest id = Digest.of(r.fixedBytes(Digest.LENGTH));
            if (type == FORGET_RECORD && items == 2) {
                r.end();
                memory.forget(id);
                return true;
            }
            StoredPack pack = new StoredPack(id, r.fixedBytes(32), r.uint(Integer.MAX_VALUE));
            StoredPack shared = packs.computeIfAbsent(id, i -> pack);
            Map<Digest, Extent> chunks = new LinkedHashMap<>();
            int count = r.array(MAX_CHUNKS_PER_RECORD);
            for (int i = 0; i < count; i++) {
                r.expectArray(3);
                chunks.put(
                        Digest.of(r.fixedBytes(Digest.LENGTH)),
                        new Extent(r.uint(Integer.MAX_VALUE), r.uint(Integer.MAX_VALUE)));
            }
            r.end();
            memory.add(shared, chunks);
            return true;
        } catch (CborException | IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] packRecord(StoredPack pack, List<Map.Entry<Digest, Extent>> chunks) {
        return new CborWriter(128 + chunks.size() * 48)
                .array(5)
                .uint(PACK_RECORD)
                .bytes(pack.id().toBytes())
                .bytes(pack.salt())
                .uint(pack.storedBytes())
                .list(
                        chunks,
                        (o, e) -> o.array(3)
                                .bytes(e.getKey().toBytes())
                                .uint(e.getValue().offset())
                                .uint(e.getValue().length()))
                .toBytes();
    }

    private static int crc(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length);
        return (int) crc.getValue();
    }

    private static void lock(FileChannel channel, Path file) throws IOException {
        boolean locked;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            locked = false;
        }
        if (!locked) {
            throw new HypermeshException(
                    Code.LOCKED, Retry.WHOLE_OPERATION, file + " is in use by another writer. Wait for it or stop it");
        }
    }

    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && Files.isDirectory(directory)) {
            try (FileChannel d = FileChannel.open(directory, StandardOpenOption.READ)) {
                d.force(true);
            }
        }
    }

    /** Closing a stream over the channel would close the channel and give up its lock. */
    private static InputStream shielded(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public void close() {
                // the channel stays open
            }
        };
    }

    private static void closeAfter(@Nullable FileChannel channel, Exception cause) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private static HypermeshException failure(Path file, String what, @Nullable IOException cause) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                "Chunk index " + file + " " + what
                        + (cause == null ? "" : ": " + cause.getMessage() + ". Check the disk"),
                cause);
    }
}
