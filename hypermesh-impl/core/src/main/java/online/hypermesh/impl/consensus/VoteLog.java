package online.hypermesh.impl.consensus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A validator's memory of its own votes: an append-only file of frames. Records are collected in memory and written by
 * {@link #flush()} as one frame with one sync, so a frame is begun only when everything before it is durable, and only the
 * last frame can be torn. A failed write or sync closes the log for good: it is never retried. Confined to one thread.
 *
 * <p>Layout, big-endian: magic {@code HMVL}, u16 version 2, u16 zero, 16 bytes log id, 32 bytes network id, 32 bytes node
 * id, u32 CRC-32C of all before; then frames: u32 payload length, u32 CRC-32C of log id and length, u32 CRC-32C of log id
 * and payload, payload (a sequence of {@link VoteRecord}s).
 */
public final class VoteLog implements AutoCloseable {
    /** Length of a log id in bytes. */
    public static final int ID_LENGTH = 16;

    private static final byte[] MAGIC = "HMVL".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final int HEADER_LENGTH = 4 + 2 + 2 + ID_LENGTH + 32 + 32 + 4;
    private static final int FRAME_HEAD_LENGTH = 12;

    private final AppendFile file;
    private final Parameters parameters;
    private final byte[] header;
    private final byte[] id;
    /** What the file says, but for what was forgotten. */
    private List<VoteRecord> remembered = new ArrayList<>();

    private CborWriter pending = new CborWriter(1024);
    private boolean dirty;
    private boolean failed;

    private VoteLog(AppendFile file, Parameters parameters, byte[] header) {
        this.file = file;
        this.parameters = parameters;
        this.header = header;
        this.id = Arrays.copyOfRange(header, 8, 8 + ID_LENGTH);
    }

    /**
     * A log and what it remembers.
     *
     * @param log open at its end
     * @param records in their order
     */
    public record Opened(VoteLog log, List<VoteRecord> records) {
        /**
         * Copies the list.
         *
         * @param log open at its end
         * @param records in their order
         */
        public Opened {
            records = List.copyOf(records);
        }
    }

    /**
     * Starts a new log, replacing whatever the file holds; durable on return.
     *
     * @param file where
     * @param parameters limits of blocks
     * @param id 16 random bytes
     * @param network the network
     * @param validator whose votes
     * @return the log, empty
     */
    public static VoteLog create(
            AppendFile file, Parameters parameters, byte[] id, NetworkId network, NodeId validator) {
        if (id.length != ID_LENGTH) {
            throw new IllegalArgumentException("a vote log id has " + ID_LENGTH + " bytes, got " + id.length);
        }
        ByteBuffer b = ByteBuffer.allocate(HEADER_LENGTH);
        b.put(MAGIC).putShort((short) VERSION).putShort((short) 0).put(id);
        b.put(network.digest().toBytes()).put(validator.digest().toBytes());
        b.putInt(crc(new byte[0], b.array(), 0, b.position()));
        VoteLog log = new VoteLog(file, parameters, b.array());
        log.write(() -> file.replace(log.header));
        return log;
    }

    /**
     * Opens an existing log and cuts a torn last frame off. What is read may never have been synced: the process may have been
     * killed before, or the sync may have failed, after which a system may take the pages for written, so that syncing them
     * again would do nothing. The records are therefore written anew, and synced, before anybody relies on them.
     *
     * @param file where
     * @param parameters limits of blocks
     * @param network the network expected
     * @param validator the validator expected
     * @return the log and its records
     * @throws HypermeshException CORRUPTED when a frame before the last is damaged, WRONG_NETWORK for the log of another
     *     network, CONFLICT for the log of another validator, STORAGE_FAILED when the disk fails
     */
    public static Opened open(AppendFile file, Parameters parameters, NetworkId network, NodeId validator) {
        byte[] bytes;
        try {
            bytes = file.read();
        } catch (IOException e) {
            throw storageFailed(e);
        }
        if (bytes.length < HEADER_LENGTH || !Arrays.equals(bytes, 0, 4, MAGIC, 0, 4)) {
            throw corrupted("it does not start with a vote log header");
        }
        ByteBuffer b = ByteBuffer.wrap(bytes);
        int version = b.getShort(4);
        if (version != VERSION) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "The vote log has format version " + version + ", this software reads " + VERSION);
        }
        if (b.getInt(HEADER_LENGTH - 4) != crc(new byte[0], bytes, 0, HEADER_LENGTH - 4)) {
            throw corrupted("the checksum of its header does not match");
        }
        if (!Arrays.equals(bytes, 24, 56, network.digest().toBytes(), 0, 32)) {
            throw new HypermeshException(
                    Code.WRONG_NETWORK, Retry.NEVER, "The vote log belongs to another network than " + network);
        }
        if (!Arrays.equals(bytes, 56, 88, validator.digest().toBytes(), 0, 32)) {
            throw new HypermeshException(
                    Code.CONFLICT, Retry.NEVER, "The vote log belongs to another validator than " + validator);
        }
        VoteLog log = new VoteLog(file, parameters, Arrays.copyOf(bytes, HEADER_LENGTH));
        List<VoteRecord> records = new ArrayList<>();
        int end = log.readFrames(bytes, records);
        log.write(() -> file.replace(Arrays.copyOf(bytes, end)));
        log.remembered.addAll(records);
        return new Opened(log, records);
    }

    /**
     * The log's random name.
     *
     * @return a fresh array of 16 bytes
     */
    public byte[] id() {
        return id.clone();
    }

    /**
     * Adds a record to the frame to come.
     *
     * @param record what to remember
     */
    public void append(VoteRecord record) {
        record.writeTo(pending);
        remembered.add(record);
        dirty = true;
    }

    /**
     * Whether records wait for {@link #flush()}.
     *
     * @return true if so
     */
    public boolean isDirty() {
        return dirty;
    }

    /**
     * Writes and syncs everything appended so far.
     *
     * @throws HypermeshException STORAGE_FAILED, now and ever after, when the disk fails
     */
    public void flush() {
        if (!dirty) {
            return;
        }
        byte[] frame = frame(pending.toBytes());
        write(() -> {
            file.append(frame);
            file.force();
        });
        pending = new CborWriter(1024);
        dirty = false;
    }

    /**
     * Length of the file.
     *
     * @return bytes
     */
    public long sizeBytes() {
        try {
            return file.size();
        } catch (IOException e) {
            throw storageFailed(e);
        }
    }

    /**
     * Drops everything about views up to a finalized one; afterwards that view is the floor. Certificates of the view
     * itself stay, that a rejoin is owed, and batches of later epochs or of this one that were not let go.
     *
     * @param finalizedView a view in which and below which this validator votes no more
     */
    public void compact(EpochView finalizedView) {
        flush();
        forget(finalizedView);
        CborWriter kept = new CborWriter(4096);
        remembered.forEach(record -> record.writeTo(kept));
        byte[] frame = frame(kept.toBytes());
        byte[] content = Arrays.copyOf(header, header.length + frame.length);
        System.arraycopy(frame, 0, content, header.length, frame.length);
        write(() -> file.replace(content));
    }

    /**
     * Lets go of the memory of what {@link #compact} would drop; the file stays as it is.
     *
     * @param finalizedView a view in which and below which this validator votes no more
     */
    public void forget(EpochView finalizedView) {
        List<VoteRecord> kept = new ArrayList<>();
        Recovered known = Recovered.of(remembered);
        kept.add(new VoteRecord.Floor(finalizedView.max(known.floor())));
        if (known.rejoinOwed() >= 0) {
            // after the floor, which is not one that a quorum proved
            kept.add(new VoteRecord.RejoinOwed(known.rejoinOwed()));
        }
        Set<Digest> batches = new HashSet<>();
        known.batches().forEach(batch -> batches.add(batch.id()));
        for (VoteRecord record : remembered) {
            // a batch that was let go and taken again is recorded twice: once is enough
            if (record instanceof VoteRecord.RejoinOwed
                    || record instanceof VoteRecord.Let
                    || (record instanceof VoteRecord.Held h
                            && !batches.remove(h.batch().id()))) {
                continue;
            }
            boolean atFloor = record instanceof VoteRecord.Entry && record.at().equals(finalizedView);
            if (!(record instanceof VoteRecord.Floor) && (record.at().compareTo(finalizedView) > 0 || atFloor)) {
                kept.add(record);
            }
        }
        remembered = kept;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw storageFailed(e);
        }
    }

    private int readFrames(byte[] bytes, List<VoteRecord> records) {
        int at = HEADER_LENGTH;
        while (at < bytes.length) {
            int next = frameEnd(bytes, at);
            if (next < 0) {
                for (int later = at + 1; later < bytes.length; later++) {
                    if (frameEnd(bytes, later) > 0) {
                        throw corrupted("the frame at byte " + at + " is damaged, and intact frames follow it");
                    }
                }
                return at;
            }
            CborReader r = new CborReader(bytes, at + FRAME_HEAD_LENGTH, next - at - FRAME_HEAD_LENGTH);
            while (!r.atEnd()) {
                records.add(VoteRecord.readFrom(r, parameters));
            }
            at = next;
        }
        return at;
    }

    /** End of the intact frame that starts at an offset, or -1. */
    private int frameEnd(byte[] bytes, int at) {
        if (bytes.length - at < FRAME_HEAD_LENGTH) {
            return -1;
        }
        ByteBuffer b = ByteBuffer.wrap(bytes);
        int length = b.getInt(at);
        if (length <= 0
                || length > bytes.length - at - FRAME_HEAD_LENGTH
                || b.getInt(at + 4) != crc(id, bytes, at, 4)
                || b.getInt(at + 8) != crc(id, bytes, at + FRAME_HEAD_LENGTH, length)) {
            return -1;
        }
        return at + FRAME_HEAD_LENGTH + length;
    }

    private byte[] frame(byte[] payload) {
        ByteBuffer b = ByteBuffer.allocate(FRAME_HEAD_LENGTH + payload.length);
        b.putInt(payload.length);
        b.putInt(crc(id, b.array(), 0, 4));
        b.putInt(crc(id, payload, 0, payload.length));
        return b.put(payload).array();
    }

    private static int crc(byte[] salt, byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(salt);
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void write(Writing writing) {
        if (failed) {
            throw storageFailed(new IOException("an earlier write failed"));
        }
        try {
            writing.run();
        } catch (IOException e) {
            failed = true;
            throw storageFailed(e);
        }
    }

    private static HypermeshException corrupted(String what) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "The vote log is damaged: " + what
                        + ". To rejoin, stop the node, delete the vote log deliberately and start it again");
    }

    private static HypermeshException storageFailed(IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                "The vote log cannot be written or read: " + e.getMessage()
                        + ". The node votes no more; check the disk and restart it",
                e);
    }
}
