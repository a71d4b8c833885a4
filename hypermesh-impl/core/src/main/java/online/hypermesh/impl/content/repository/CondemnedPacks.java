package online.hypermesh.impl.content.repository;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** Lists of packs that no writer may use any more, each with the time since when. Thread-safe. */
final class CondemnedPacks {
    private static final int VERSION = 1;
    private static final int MAX_PACKS = 1_000_000;
    private static final int MAX_BYTES = 40 << 20;

    /** A list that is not complete; nothing on it is deleted. */
    private static final long NOT_YET = 1L << 60;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final SecureRandom random = new SecureRandom();

    CondemnedPacks(RepositoryFiles files, RepositoryKeys keys) {
        this.files = files;
        this.keys = keys;
    }

    /**
     * One list.
     *
     * @param name its file
     * @param sinceMillis every writer that began later knows of it
     * @param packs the packs
     */
    record Sentence(String name, long sinceMillis, List<Digest> packs) {}

    private static byte[] context(String name) {
        return new CborWriter()
                .array(2)
                .text("hypermesh/repository-condemned/v1")
                .text(name)
                .toBytes();
    }

    List<Sentence> all() {
        List<Sentence> all = new ArrayList<>();
        for (String name : files.names(files.condemned(), "")) {
            files.readRecord(files.condemned(), name).ifPresent(record -> all.add(decode(name, record)));
        }
        return all;
    }

    private Sentence decode(String name, byte[] sealed) {
        try {
            CborReader r = new CborReader(keys.openMeta(context(name), sealed, MAX_BYTES))
                    .expectArray(3)
                    .expect(VERSION, "version of a list of condemned packs");
            long since = r.uint();
            List<Digest> packs = r.list(MAX_PACKS, p -> Digest.of(p.fixedBytes(Digest.LENGTH)));
            r.end();
            return new Sentence(name, since, packs);
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("the list of condemned packs " + name + " is damaged", e);
        } catch (HypermeshException e) {
            if (e.code() == Code.STORAGE_FAILED) {
                throw e;
            }
            throw Failures.corrupted("the list of condemned packs " + name + " does not open", e);
        }
    }

    /** All packs on all lists. */
    Set<Digest> packs() {
        Set<Digest> packs = new HashSet<>();
        all().forEach(s -> packs.addAll(s.packs()));
        return packs;
    }

    /** Condemns packs, durably. The time is read when everybody can see the list already. */
    void add(Collection<Digest> packs, LongSupplier clockMillis) {
        List<Digest> sorted = packs.stream().sorted().toList();
        for (int from = 0; from < sorted.size(); from += MAX_PACKS) {
            List<Digest> part = sorted.subList(from, Math.min(sorted.size(), from + MAX_PACKS));
            String name = Bytes.randomName(random);
            write(name, NOT_YET, part);
            write(name, clockMillis.getAsLong(), part);
        }
    }

    private void write(String name, long since, List<Digest> packs) {
        byte[] plain = new CborWriter(64 + packs.size() * 34)
                .array(3)
                .uint(VERSION)
                .uint(since)
                .list(packs, (w, p) -> w.bytes(p.toBytes()))
                .toBytes();
        files.writeRecord(files.condemned(), name, keys.sealMeta(StreamSeal.newSalt(random), context(name), plain));
    }

    void remove(Sentence sentence) {
        files.delete(files.condemned().resolve(sentence.name()));
    }
}
