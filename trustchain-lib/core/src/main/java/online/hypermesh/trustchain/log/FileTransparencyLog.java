package online.hypermesh.trustchain.log;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.log.ConsistencyProof;
import online.hypermesh.trustchain.api.log.InclusionProof;
import online.hypermesh.trustchain.api.log.TransparencyLog;
import online.hypermesh.trustchain.api.log.TreeHead;
import org.jspecify.annotations.Nullable;

/**
 * A transparency log in one append-only file; the tree over it lives in memory and is rebuilt at opening. Layout, integers
 * big-endian: a header of magic {@code HMTLOG}, two bytes version, 32 bytes network id, 32 bytes owner, CRC-32C; then per
 * entry its length (4 bytes), CRC-32C over length and bytes (4 bytes), and the bytes. An entry that a crash left half
 * written is cut off at opening, because it was never acknowledged; damage anywhere else refuses to open. After a failed
 * write or sync the log stays stopped until it is opened again. Thread-safe.
 */
public final class FileTransparencyLog implements TransparencyLog {
    private static final Logger LOG = System.getLogger(FileTransparencyLog.class.getName());
    private static final byte[] MAGIC = "HMTLOG".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int FILE_HEADER_BYTES = 6 + 2 + 32 + 32 + 4;
    private static final int ENTRY_HEADER_BYTES = 8;

    private final Path path;
    private final RandomAccessFile file;
    private final NetworkId network;
    private final NodeId owner;
    private final SigningKey issuerKey;
    private final LongSupplier nowMillis;
    private final HashTree tree = new HashTree();
    private long[] offsets = new long[64];
    private long end = FILE_HEADER_BYTES;
    private @Nullable String stopped;

    private FileTransparencyLog(
            Path path,
            RandomAccessFile file,
            NetworkId network,
            NodeId owner,
            SigningKey issuerKey,
            LongSupplier nowMillis) {
        this.path = path;
        this.file = file;
        this.network = network;
        this.owner = owner;
        this.issuerKey = issuerKey;
        this.nowMillis = nowMillis;
    }

    /**
     * Opens a log, making the file when it is missing.
     *
     * @param path the file; its directory exists
     * @param network the network
     * @param owner node identity of the issuer
     * @param issuerKey signs tree heads; stays the caller's to close
     * @param nowMillis clock for tree heads, milliseconds since 1970
     * @return the log
     * @throws TrustchainException LOCKED, WRONG_NETWORK, CORRUPTED, STORAGE_FAILED
     */
    public static FileTransparencyLog open(
            Path path, NetworkId network, NodeId owner, SigningKey issuerKey, LongSupplier nowMillis) {
        RandomAccessFile file;
        try {
            file = new RandomAccessFile(path.toFile(), "rw");
        } catch (IOException e) {
            throw storageFailed(path, "cannot be opened: " + e.getMessage(), e);
        }
        FileTransparencyLog log = new FileTransparencyLog(path, file, network, owner, issuerKey, nowMillis);
        boolean opened = false;
        try {
            log.lock();
            log.recover();
            opened = true;
            return log;
        } catch (IOException e) {
            throw storageFailed(path, "cannot be read: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                log.close();
            }
        }
    }

    @Override
    public NodeId owner() {
        return owner;
    }

    @Override
    public synchronized long append(byte[] entry) {
        requireRunning();
        if (entry.length < 1 || entry.length > MAX_ENTRY_BYTES) {
            throw new IllegalArgumentException("a log entry has 1.." + MAX_ENTRY_BYTES + " bytes, got " + entry.length);
        }
        ByteBuffer buffer = ByteBuffer.allocate(ENTRY_HEADER_BYTES + entry.length);
        buffer.putInt(entry.length).putInt(entryCrc(entry)).put(entry);
        try {
            file.seek(end);
            file.write(buffer.array());
            file.getFD().sync();
        } catch (IOException e) {
            stopped = "the transparency log " + path + " stopped after a failed write: " + e.getMessage();
            throw storageFailed(path, "cannot be written: " + e.getMessage(), e);
        }
        long index = tree.size();
        integrate(entry);
        return index;
    }

    @Override
    public synchronized long size() {
        return tree.size();
    }

    @Override
    public synchronized byte[] entry(long index) {
        requireOpen();
        if (index < 0 || index >= tree.size()) {
            throw new IllegalArgumentException("index must be in 0.." + (tree.size() - 1) + ", was " + index);
        }
        try {
            return readEntry(offsets[(int) index]);
        } catch (IOException e) {
            throw storageFailed(path, "cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized TreeHead head() {
        int size = tree.size();
        return TreeHead.sign(network, issuerKey, owner, size, tree.root(size), nowMillis.getAsLong());
    }

    @Override
    public synchronized InclusionProof inclusion(long index, long size) {
        if (size < 1 || size > tree.size() || index < 0 || index >= size) {
            throw new IllegalArgumentException(
                    "index " + index + " of size " + size + " is outside the log of " + tree.size() + " entries");
        }
        return tree.inclusion((int) index, (int) size);
    }

    @Override
    public synchronized ConsistencyProof consistency(long oldSize, long newSize) {
        if (oldSize < 1 || oldSize > newSize || newSize > tree.size()) {
            throw new IllegalArgumentException(
                    "sizes must be 1 <= old <= new <= " + tree.size() + ", were " + oldSize + " and " + newSize);
        }
        return tree.consistency((int) oldSize, (int) newSize);
    }

    @Override
    public synchronized void close() {
        stopped = "the transparency log " + path + " is closed";
        try {
            file.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "closing the transparency log {0} failed: {1}", path, e.getMessage());
        }
    }

    private void lock() throws IOException {
        FileLock lock;
        try {
            lock = file.getChannel().tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new TrustchainException(
                    TrustchainException.Code.LOCKED,
                    Retry.SAME_CALL,
                    "the transparency log " + path + " is open elsewhere; stop that node first");
        }
    }

    private void recover() throws IOException {
        byte[] header = fileHeader();
        long length = file.length();
        if (length < FILE_HEADER_BYTES) {
            file.setLength(0);
            file.write(header);
            file.getFD().sync();
            syncDirectory();
            return;
        }
        byte[] found = new byte[FILE_HEADER_BYTES];
        file.seek(0);
        file.readFully(found);
        checkHeader(found, header);
        long last = length;
        while (end < last) {
            byte[] entry = readWholeEntry(end, last);
            if (entry == null) {
                cutTornTail(last);
                return;
            }
            integrate(entry);
        }
    }

    private byte[] fileHeader() {
        ByteBuffer header = ByteBuffer.allocate(FILE_HEADER_BYTES);
        header.put(MAGIC)
                .putShort((short) VERSION)
                .put(network.digest().toBytes())
                .put(owner.digest().toBytes());
        CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, FILE_HEADER_BYTES - 4);
        return header.putInt((int) crc.getValue()).array();
    }

    private void checkHeader(byte[] found, byte[] expected) {
        if (Arrays.equals(found, expected)) {
            return;
        }
        CRC32C crc = new CRC32C();
        crc.update(found, 0, FILE_HEADER_BYTES - 4);
        boolean whole = ByteBuffer.wrap(found).getInt(FILE_HEADER_BYTES - 4) == (int) crc.getValue();
        if (!whole || !Arrays.equals(found, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw corrupted(0, "its header is not that of a transparency log");
        }
        int version = ByteBuffer.wrap(found).getShort(MAGIC.length);
        if (version != VERSION) {
            throw corrupted(MAGIC.length, "it has format version " + version + ", this program reads " + VERSION);
        }
        throw new TrustchainException(
                TrustchainException.Code.WRONG_NETWORK,
                Retry.NEVER,
                "the transparency log " + path + " belongs to another network or node; use this node's own directory");
    }

    /** The entry at an offset, or null when it is not whole. */
    private byte @Nullable [] readWholeEntry(long offset, long last) throws IOException {
        if (last - offset < ENTRY_HEADER_BYTES) {
            return null;
        }
        file.seek(offset);
        int length = file.readInt();
        int crc = file.readInt();
        if (length < 1 || length > MAX_ENTRY_BYTES || length > last - offset - ENTRY_HEADER_BYTES) {
            return null;
        }
        byte[] entry = new byte[length];
        file.readFully(entry);
        return entryCrc(entry) == crc ? entry : null;
    }

    /**
     * Only the newest entry can be half written, since each is synced before the next. More bytes than one entry, or a
     * whole entry behind the damage, mean that acknowledged entries are hurt.
     */
    private void cutTornTail(long last) throws IOException {
        long rest = last - end;
        boolean hurt = rest > ENTRY_HEADER_BYTES + MAX_ENTRY_BYTES;
        for (long offset = end + 1; !hurt && offset < last; offset++) {
            hurt = readWholeEntry(offset, last) != null;
        }
        if (hurt) {
            throw corrupted(end, "entry " + tree.size() + " does not match its checksum");
        }
        LOG.log(Level.WARNING, "cutting {0} bytes of an unfinished entry off the transparency log {1}", rest, path);
        file.setLength(end);
        file.getFD().sync();
    }

    private byte[] readEntry(long offset) throws IOException {
        byte[] entry = readWholeEntry(offset, end);
        if (entry == null) {
            throw corrupted(offset, "an entry no longer matches its checksum");
        }
        return entry;
    }

    private void integrate(byte[] entry) {
        int index = tree.size();
        if (index == offsets.length) {
            offsets = Arrays.copyOf(offsets, offsets.length * 2);
        }
        offsets[index] = end;
        tree.add(MerkleTree.leafHash(entry));
        end += ENTRY_HEADER_BYTES + entry.length;
    }

    private void syncDirectory() throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        // A directory cannot be opened as a file on Windows, where the file's own sync covers its creation.
        if (directory != null && Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private void requireRunning() {
        if (stopped != null) {
            boolean closed = !file.getChannel().isOpen();
            throw new TrustchainException(
                    closed ? TrustchainException.Code.CLOSED : TrustchainException.Code.STORAGE_FAILED,
                    Retry.NEVER,
                    stopped + "; free or replace the disk and restart the node");
        }
    }

    private void requireOpen() {
        if (!file.getChannel().isOpen()) {
            throw new TrustchainException(
                    TrustchainException.Code.CLOSED, Retry.NEVER, "the transparency log " + path + " is closed");
        }
    }

    private static int entryCrc(byte[] entry) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(4).putInt(0, entry.length));
        crc.update(entry);
        return (int) crc.getValue();
    }

    private TrustchainException corrupted(long offset, String what) {
        return new TrustchainException(
                TrustchainException.Code.CORRUPTED,
                Retry.NEVER,
                "the transparency log " + path + " is damaged at byte " + offset + ": " + what
                        + "; restore it from a backup, never start an empty one under the same issuer key");
    }

    private static TrustchainException storageFailed(Path path, String what, IOException cause) {
        return new TrustchainException(
                TrustchainException.Code.STORAGE_FAILED,
                Retry.NEVER,
                "the transparency log " + path + " " + what + "; check the disk and its free space",
                cause);
    }
}
