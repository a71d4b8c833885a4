package online.hypermesh.impl.proof.driver;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.proof.HashTree;
import online.hypermesh.impl.proof.ReplicaEncoder;
import online.hypermesh.impl.proof.SectorCodec;
import online.hypermesh.impl.proof.SpaceChallenge;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * An encoded replica of stored packs in one file: a head of 4096 bytes, the sectors, the hashes of the sectors, the list of
 * packs. Made in one stream with a few sectors in memory; afterwards about 64 bytes a sector stay there. Packs can be read back
 * by decoding, so the plain ones need not be kept. Thread-safe.
 */
public final class FileReplica implements AutoCloseable {
    private static final byte[] MAGIC = {'H', 'M', 'R', 'E', 'P', 'L', 'I', 'C'};
    private static final int VERSION = 1;
    private static final int HEAD_BYTES = 4096;
    private static final int PACK_ENTRY = Digest.LENGTH + Integer.BYTES;
    private static final int MAX_PACKS = 1 << 22;
    private static final DomainTag HEAD_TAG = new DomainTag("hypermesh/replica-head/v1");

    /**
     * How a replica is made.
     *
     * @param network the network
     * @param node whose replica it is
     * @param salt tells two replicas of one node apart
     * @param sectorBytes 2^14, 2^16, 2^18 or 2^20
     * @param passes 1..64
     */
    public record Recipe(NetworkId network, NodeId node, Digest salt, int sectorBytes, int passes) {
        /**
         * A codec for this replica.
         *
         * @return a fresh one, for one thread
         */
        public SectorCodec codec() {
            return new SectorCodec(network, node, salt, sectorBytes, passes);
        }
    }

    private record Head(Recipe recipe, int sectors, int packs, ReplicaCommitment commitment) {
        long sectorAt(long index) {
            return HEAD_BYTES + index * recipe.sectorBytes();
        }

        long fileBytes() {
            return sectorAt(sectors) + (long) sectors * Digest.LENGTH + (long) packs * PACK_ENTRY;
        }
    }

    private final Path path;
    private final FileChannel file;
    private final Head head;
    private final HashTree tree;
    private final List<Digest> packIds;
    private final int[] packLengths;

    private FileReplica(
            Path path, FileChannel file, Head head, HashTree tree, List<Digest> packIds, int[] packLengths) {
        this.path = path;
        this.file = file;
        this.head = head;
        this.tree = tree;
        this.packIds = packIds;
        this.packLengths = packLengths;
    }

    /**
     * Encodes packs into a new file, which appears whole and durable or not at all.
     *
     * @param path where; must not exist
     * @param recipe how
     * @param storage where the packs are
     * @param packIds which packs, at least one, in the order in which they are encoded
     * @return the replica, open
     * @throws HypermeshException with code NOT_FOUND for a pack that is not stored, STORAGE_FAILED when the disk refuses
     */
    public static FileReplica create(Path path, Recipe recipe, PackStorage storage, List<Digest> packIds) {
        if (packIds.isEmpty() || packIds.size() > MAX_PACKS) {
            throw new IllegalArgumentException("a replica has 1.." + MAX_PACKS + " packs, got " + packIds.size());
        }
        Path temporary = path.resolveSibling(path.getFileName() + ".new");
        try {
            if (Files.exists(path)) {
                throw new HypermeshException(
                        Code.CONFLICT, Retry.NEVER, "replica " + path + " exists; remove it or choose another name");
            }
            try (FileChannel out = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                write(out, recipe, storage, packIds);
                out.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            Path folder = path.toAbsolutePath().getParent();
            if (folder != null) {
                try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                    directory.force(true);
                }
            }
        } catch (IOException e) {
            throw failed("writing", path, e);
        }
        return open(path);
    }

    private static void write(FileChannel out, Recipe recipe, PackStorage storage, List<Digest> packIds)
            throws IOException {
        ReplicaEncoder encoder = new ReplicaEncoder(recipe.codec());
        HashTree.Builder content = new HashTree.Builder(packIds.size());
        ByteBuffer table = ByteBuffer.allocate(Math.multiplyExact(packIds.size(), PACK_ENTRY));
        byte[] sector = new byte[recipe.sectorBytes()];
        int filled = 0;
        out.position(HEAD_BYTES);
        for (Digest id : packIds) {
            byte[] pack = storage.get(id)
                    .orElseThrow(() -> new HypermeshException(
                            Code.NOT_FOUND, Retry.NEVER, "pack " + id + " is not stored; fetch it first"));
            table.put(id.toBytes()).putInt(pack.length);
            content.add(contentLeaf(id, pack.length));
            for (int at = 0; at < pack.length; ) {
                int part = Math.min(pack.length - at, sector.length - filled);
                System.arraycopy(pack, at, sector, filled, part);
                at += part;
                filled += part;
                if (filled == sector.length) {
                    writeAll(out, encoder.next(sector));
                    filled = 0;
                }
            }
        }
        if (filled > 0) {
            Arrays.fill(sector, filled, sector.length, (byte) 0);
            writeAll(out, encoder.next(sector));
        }
        HashTree tree = encoder.tree();
        writeAll(out, tree.leafHashes());
        writeAll(out, table.array());
        ReplicaCommitment commitment = new ReplicaCommitment(
                tree.root(),
                content.build().root(),
                recipe.salt(),
                tree.leaves(),
                recipe.sectorBytes(),
                recipe.passes());
        out.position(0);
        writeAll(out, encodeHead(new Head(recipe, tree.leaves(), packIds.size(), commitment)));
    }

    /**
     * Opens a replica and checks its head and the hashes of its sectors; the sectors themselves are not read.
     *
     * @param path where
     * @return the replica
     * @throws HypermeshException with code CORRUPTED when it is no whole replica, STORAGE_FAILED when the disk refuses
     */
    public static FileReplica open(Path path) {
        try {
            FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
            try {
                Head head = decodeHead(path, read(file, 0, HEAD_BYTES));
                if (file.size() != head.fileBytes()) {
                    throw corrupted(path, "it has " + file.size() + " bytes instead of " + head.fileBytes());
                }
                byte[] hashes = read(file, head.sectorAt(head.sectors()), head.sectors() * Digest.LENGTH);
                HashTree.Builder roots = new HashTree.Builder(head.sectors());
                for (int at = 0; at < hashes.length; at += Digest.LENGTH) {
                    roots.add(Digest.of(Arrays.copyOfRange(hashes, at, at + Digest.LENGTH)));
                }
                HashTree tree = roots.build();
                if (!tree.root().equals(head.commitment().root())) {
                    throw corrupted(path, "the hashes of its sectors do not give its root");
                }
                ByteBuffer table = ByteBuffer.wrap(
                        read(file, head.sectorAt(head.sectors()) + hashes.length, head.packs() * PACK_ENTRY));
                List<Digest> ids = new ArrayList<>(head.packs());
                int[] lengths = new int[head.packs()];
                HashTree.Builder content = new HashTree.Builder(head.packs());
                for (int i = 0; i < lengths.length; i++) {
                    byte[] id = new byte[Digest.LENGTH];
                    table.get(id);
                    lengths[i] = table.getInt();
                    ids.add(Digest.of(id));
                    content.add(contentLeaf(ids.get(i), lengths[i]));
                }
                if (!content.build().root().equals(head.commitment().content())) {
                    throw corrupted(path, "its list of packs is not the one it was made from");
                }
                return new FileReplica(path, file, head, tree, ids, lengths);
            } catch (IOException | HypermeshException e) {
                file.close();
                throw e;
            }
        } catch (IOException e) {
            throw failed("opening", path, e);
        }
    }

    /**
     * What to register in the ledger.
     *
     * @return the commitment
     */
    public ReplicaCommitment commitment() {
        return head.commitment();
    }

    /**
     * The packs in the replica, in their order.
     *
     * @return their ids
     */
    public List<Digest> packIds() {
        return List.copyOf(packIds);
    }

    /**
     * Answers a beacon's challenge by reading the challenged sectors.
     *
     * @param context subject and beacon
     * @param slot slot in which the replica is registered
     * @param leaves how many leaves the policy asks for
     * @return the proof; empty when bytes are gone
     */
    public Optional<SpaceProof> prove(ProofContext context, int slot, int leaves) {
        return SpaceChallenge.answer(
                slot,
                tree,
                this::sector,
                SpaceChallenge.leaves(context, commitment(), leaves),
                head.recipe().sectorBytes());
    }

    /**
     * Reads a pack back by decoding the sectors it lies in.
     *
     * @param id the pack
     * @return its bytes, if it is in the replica
     * @throws HypermeshException with code CORRUPTED when what is decoded is not the pack
     */
    public Optional<byte[]> pack(Digest id) {
        int index = packIds.indexOf(id);
        if (index < 0) {
            return Optional.empty();
        }
        long from = 0;
        for (int i = 0; i < index; i++) {
            from += packLengths[i];
        }
        SectorCodec codec = head.recipe().codec();
        byte[] pack = new byte[packLengths[index]];
        int sectorBytes = head.recipe().sectorBytes();
        for (int done = 0; done < pack.length; ) {
            int sector = (int) ((from + done) / sectorBytes);
            int offset = (int) ((from + done) % sectorBytes);
            byte[] encoded = sector(sector).orElseThrow(() -> corrupted(path, "sector " + sector + " is gone"));
            byte[] plain = codec.decode(sector, encoded);
            int part = Math.min(pack.length - done, sectorBytes - offset);
            System.arraycopy(plain, offset, pack, done, part);
            done += part;
        }
        if (!Digest.sha256(pack).equals(id)) {
            throw corrupted(path, "pack " + id.toShortHex() + " does not decode to its id; encode the replica again");
        }
        return Optional.of(pack);
    }

    private Optional<byte[]> sector(int index) {
        try {
            return Optional.of(read(file, head.sectorAt(index), head.recipe().sectorBytes()));
        } catch (EOFException e) {
            return Optional.empty(); // somebody cut the file off
        } catch (IOException e) {
            throw failed("reading", path, e);
        }
    }

    private static Digest contentLeaf(Digest id, int length) {
        return MerkleTree.leafHash(
                new CborWriter(48).array(2).bytes(id.toBytes()).uint(length).toBytes());
    }

    private static byte[] encodeHead(Head head) {
        Recipe recipe = head.recipe();
        CborWriter w = new CborWriter(512)
                .array(5)
                .bytes(recipe.network().digest().toBytes())
                .bytes(recipe.node().digest().toBytes())
                .uint(head.sectors())
                .uint(head.packs());
        head.commitment().writeTo(w);
        byte[] fields = w.toBytes();
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES)
                .put(MAGIC)
                .putInt(VERSION)
                .putInt(fields.length)
                .put(fields);
        byte[] whole = out.array();
        byte[] checksum = Hashing.hash(HEAD_TAG, Arrays.copyOf(whole, HEAD_BYTES - Digest.LENGTH))
                .toBytes();
        System.arraycopy(checksum, 0, whole, HEAD_BYTES - Digest.LENGTH, Digest.LENGTH);
        return whole;
    }

    private static Head decodeHead(Path path, byte[] bytes) {
        byte[] covered = Arrays.copyOf(bytes, HEAD_BYTES - Digest.LENGTH);
        Digest checksum = Digest.of(Arrays.copyOfRange(bytes, HEAD_BYTES - Digest.LENGTH, HEAD_BYTES));
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        int version = in.getInt();
        int length = in.getInt();
        if (!Arrays.equals(magic, MAGIC) || !Hashing.hash(HEAD_TAG, covered).equals(checksum)) {
            throw corrupted(path, "it does not begin with the head of a replica");
        }
        if (version != VERSION || length < 1 || length > in.remaining()) {
            throw corrupted(path, "its format version is " + version + ", known is " + VERSION);
        }
        try {
            CborReader r = new CborReader(bytes, in.position(), length).expectArray(5);
            NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
            NodeId node = new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH)));
            int sectors = r.uint(ReplicaCommitment.MAX_SECTORS);
            int packs = r.uint(MAX_PACKS);
            ReplicaCommitment commitment = ReplicaCommitment.readFrom(r);
            Recipe recipe = new Recipe(network, node, commitment.salt(), commitment.sectorBytes(), commitment.passes());
            return new Head(recipe, sectors, packs, commitment);
        } catch (CborException | IllegalArgumentException e) {
            throw corrupted(path, "its head cannot be read: " + e.getMessage());
        }
    }

    private static byte[] read(FileChannel file, long position, int length) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(length);
        while (into.hasRemaining()) {
            if (file.read(into, position + into.position()) < 0) {
                throw new EOFException("the file ends at " + (position + into.position()));
            }
        }
        return into.array();
    }

    private static void writeAll(FileChannel out, byte[] bytes) throws IOException {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        while (from.hasRemaining()) {
            out.write(from);
        }
    }

    private static HypermeshException corrupted(Path path, String what) {
        return new HypermeshException(Code.CORRUPTED, Retry.NEVER, "replica " + path + ": " + what);
    }

    private static HypermeshException failed(String doing, Path path, IOException cause) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                doing + " replica " + path + " failed: " + cause.getMessage() + "; check the disk",
                cause);
    }

    /** Closes the file; idempotent. */
    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw failed("closing", path, e);
        }
    }
}
