package online.hypermesh.impl.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.impl.storage.DirectoryLock;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import org.jspecify.annotations.Nullable;

/**
 * The newest edition of every group that its owner is known to have signed, so that nobody can offer an older one as the
 * present, with a member in it who was removed since. What was seen is durable before it counts, and signed by who keeps it.
 * An older copy of the whole file, put back, is not recognised. Thread-safe.
 */
public final class GroupMemory implements AutoCloseable {
    /** Most groups remembered. */
    public static final int MAX_GROUPS = 4096;

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/group-memory/v1");
    private static final DomainTag EDITION_TAG = new DomainTag("hypermesh/group-edition/v1");
    private static final String FILE = "groups";
    private static final int VERSION = 1;
    private static final int MAX_FILE_BYTES = 256 + MAX_GROUPS * 128;

    private final Map<Digest, Seen> groups = new TreeMap<>();
    private final @Nullable Disk disk;

    /** The newest edition of a group. */
    private record Seen(Digest group, long epoch, long sequence, Digest edition, Digest keyCommitment) {
        static Seen of(GroupEpoch e) {
            return new Seen(
                    e.group(), e.epoch(), e.sequence(), Hashing.hash(EDITION_TAG, e.encode()), e.keyCommitment());
        }
    }

    /** Where it is kept, and by whom. */
    private record Disk(Path file, DirectoryLock lock, NetworkId network, SigningKey keeper) {}

    private GroupMemory(@Nullable Disk disk) {
        this.disk = disk;
    }

    /**
     * A memory that lasts as long as the object.
     *
     * @return an empty memory
     */
    public static GroupMemory untilClosed() {
        return new GroupMemory(null);
    }

    /**
     * Makes a memory in a directory that has none.
     *
     * @param directory where; created when it is missing
     * @param network the network
     * @param keeper who signs what was seen
     * @return an empty memory, to be closed
     * @throws HypermeshException CONFLICT when there is one; LOCKED; STORAGE_FAILED
     */
    public static GroupMemory create(Path directory, NetworkId network, SigningKey keeper) {
        return onDisk(directory, network, keeper, true);
    }

    /**
     * Opens a memory. One that is missing is not made again, because then whoever deletes it could bring back what was
     * removed.
     *
     * @param directory where it is
     * @param network the network
     * @param keeper who signed it
     * @return what was seen, to be closed
     * @throws HypermeshException NOT_FOUND; MALFORMED; WRONG_NETWORK; INVALID_SIGNATURE for another keeper's or one that was
     *     changed; LOCKED; STORAGE_FAILED
     */
    public static GroupMemory open(Path directory, NetworkId network, SigningKey keeper) {
        return onDisk(directory, network, keeper, false);
    }

    private static GroupMemory onDisk(Path directory, NetworkId network, SigningKey keeper, boolean fresh) {
        Path file = directory.resolve(FILE);
        try {
            if (fresh) {
                DataDirectory.createPrivate(directory);
            } else if (!Files.exists(file)) {
                throw missing(file);
            }
            DirectoryLock lock = DirectoryLock.acquire(directory, "HyperMesh group memory");
            boolean opened = false;
            try {
                GroupMemory memory = new GroupMemory(new Disk(file, lock, network, keeper));
                if (!fresh) {
                    memory.read(file, network, keeper.verifyKey());
                } else if (Files.exists(file)) {
                    throw new HypermeshException(Code.CONFLICT, Retry.NEVER, file + " exists. Open it");
                } else {
                    memory.write();
                }
                opened = true;
                return memory;
            } finally {
                if (!opened) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "cannot open " + file + ": " + e + ". Check its permissions", e);
        }
    }

    private static HypermeshException missing(Path file) {
        return new HypermeshException(
                Code.NOT_FOUND,
                Retry.NEVER,
                file + " is missing: which groups' epochs were seen is not known any more. Restore it, or create a new"
                        + " one and take every group's present epoch from its owner");
    }

    private void read(Path file, NetworkId network, VerifyKey keeper) throws IOException {
        long length = Files.size(file);
        if (length > MAX_FILE_BYTES) {
            throw malformed(file, length + " bytes, limit " + MAX_FILE_BYTES, null);
        }
        try {
            CborReader r =
                    new CborReader(Files.readAllBytes(file)).expectArray(4).expect(VERSION, "version");
            NetworkId written = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
            r.expectArray(2);
            VerifyKey by = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
            List<Seen> seen = r.list(MAX_GROUPS, GroupMemory::readSeen);
            Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
            r.end();
            if (!written.equals(network)) {
                throw new HypermeshException(
                        Code.WRONG_NETWORK, Retry.NEVER, file + " is of network " + written + ", not " + network);
            }
            if (!by.equals(keeper) || !by.verify(SIGN_TAG, network, body(by, seen), signature)) {
                throw new HypermeshException(
                        Code.INVALID_SIGNATURE,
                        Retry.NEVER,
                        file + " was not written by " + keeper
                                + ", or changed since. Restore it from a copy you trust");
            }
            for (int i = 0; i < seen.size(); i++) {
                if (i > 0 && seen.get(i - 1).group().compareTo(seen.get(i).group()) >= 0) {
                    throw malformed(file, "groups twice or out of order", null);
                }
                groups.put(seen.get(i).group(), seen.get(i));
            }
        } catch (CborException | IllegalArgumentException e) {
            throw malformed(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static HypermeshException malformed(Path file, String why, @Nullable Throwable cause) {
        return new HypermeshException(
                Code.MALFORMED,
                Retry.NEVER,
                file + " is no memory of groups of version 1: " + why + ". Restore it from a copy you trust",
                cause);
    }

    private static Seen readSeen(CborReader r) {
        r.expectArray(5);
        return new Seen(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                Digest.of(r.fixedBytes(Digest.LENGTH)));
    }

    private static byte[] body(VerifyKey keeper, List<Seen> seen) {
        return new CborWriter(64 + seen.size() * 128)
                .array(2)
                .bytes(keeper.toBytes())
                .list(
                        seen,
                        (w, s) -> w.array(5)
                                .bytes(s.group().toBytes())
                                .uint(s.epoch())
                                .uint(s.sequence())
                                .bytes(s.edition().toBytes())
                                .bytes(s.keyCommitment().toBytes()))
                .toBytes();
    }

    private void write() {
        Disk to = disk;
        if (to == null) {
            return;
        }
        byte[] body = body(to.keeper().verifyKey(), new ArrayList<>(groups.values()));
        byte[] all = new CborWriter(body.length + 128)
                .array(4)
                .uint(VERSION)
                .bytes(to.network().digest().toBytes())
                .encoded(body)
                .bytes(to.keeper().sign(SIGN_TAG, to.network(), body).toBytes())
                .toBytes();
        try {
            DataDirectory.writeDurably(to.file(), all);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.NEVER,
                    "cannot write " + to.file() + ": " + e + ". Check the disk; nothing was taken up",
                    e);
        }
    }

    /**
     * Takes an edition as the present one of its group, durably, if it is at least as new as what was seen.
     *
     * @param edition what somebody offers
     * @throws HypermeshException INVALID_SIGNATURE; ROLLED_BACK when a newer one was seen; CONFLICT when the owner signed
     *     another key for the epoch or another edition of that number; LIMIT_EXCEEDED; STORAGE_FAILED
     */
    public synchronized void admit(GroupEpoch edition) {
        if (edition.verify() instanceof Verdict.Rejected rejected) {
            throw new HypermeshException(rejected.code(), Retry.NEVER, rejected.detail());
        }
        Seen offered = Seen.of(edition);
        Seen seen = groups.get(offered.group());
        if (seen != null) {
            requireSameKey(seen, offered.epoch(), offered.keyCommitment());
            if (offered.epoch() < seen.epoch()
                    || offered.epoch() == seen.epoch() && offered.sequence() < seen.sequence()) {
                throw rolledBack(
                        "Epoch " + offered.epoch() + ", edition " + offered.sequence() + ", of group "
                                + offered.group(),
                        seen);
            }
            if (offered.epoch() == seen.epoch() && offered.sequence() == seen.sequence()) {
                if (!offered.edition().equals(seen.edition())) {
                    throw new HypermeshException(
                            Code.CONFLICT,
                            Retry.NEVER,
                            "The owner of group " + offered.group() + " signed two editions " + offered.sequence()
                                    + " of epoch " + offered.epoch() + ". Do not trust the group");
                }
                return;
            }
        } else if (groups.size() >= MAX_GROUPS) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "The memory holds " + groups.size() + " groups, limit " + MAX_GROUPS + ". Use another one");
        }
        groups.put(offered.group(), offered);
        boolean durable = false;
        try {
            write();
            durable = true;
        } finally {
            if (!durable) {
                // what may or may not be on disk is not built upon
                if (seen == null) {
                    groups.remove(offered.group());
                } else {
                    groups.put(seen.group(), seen);
                }
            }
        }
    }

    /** Refuses a key that no new block may be sealed to: of an epoch that is over, or not the one the owner signed for it. */
    synchronized void requirePresent(GroupKey key) {
        Seen seen = groups.get(key.group());
        if (seen == null) {
            return;
        }
        requireSameKey(seen, key.epoch(), key.commitment());
        if (key.epoch() < seen.epoch()) {
            throw rolledBack(key.toString(), seen);
        }
    }

    /** Refuses an epoch that is not new. */
    synchronized void requireNew(Digest group, long epoch) {
        Seen seen = groups.get(group);
        if (seen != null && epoch <= seen.epoch()) {
            throw rolledBack("A new key for epoch " + epoch + " of group " + group, seen);
        }
    }

    /** The newest epoch seen, or -1. */
    synchronized long newest(Digest group) {
        Seen seen = groups.get(group);
        return seen == null ? -1 : seen.epoch();
    }

    private static void requireSameKey(Seen seen, long epoch, Digest keyCommitment) {
        if (epoch == seen.epoch() && !keyCommitment.equals(seen.keyCommitment())) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "The owner of group " + seen.group() + " signed two keys for epoch " + epoch
                            + ". Do not trust the group");
        }
    }

    private static HypermeshException rolledBack(String what, Seen seen) {
        return new HypermeshException(
                Code.ROLLED_BACK,
                Retry.NEVER,
                what + " is over: epoch " + seen.epoch() + ", edition " + seen.sequence()
                        + ", was seen. Get the newest from the group's owner");
    }

    /** Ends the use of the directory; idempotent. */
    @Override
    public void close() {
        if (disk != null) {
            disk.lock().close();
        }
    }
}
