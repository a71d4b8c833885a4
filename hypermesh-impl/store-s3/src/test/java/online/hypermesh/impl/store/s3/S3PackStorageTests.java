package online.hypermesh.impl.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.tck.PackStorageContract;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class S3PackStorageTests extends PackStorageContract {
    private static final Clock NOW = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    private static final Clock LATER = Clock.offset(NOW, WriterLease.LENGTH.plus(Duration.ofSeconds(1)));

    private final MemoryObjects bucket = new MemoryObjects();

    @Override
    protected PackStorage open(Path directory) {
        return S3PackStorage.open(MemoryObjects.of(directory), "a/", NOW, 1 << 20);
    }

    private S3PackStorage open(Clock clock) {
        return S3PackStorage.open(bucket, "a/", clock, 1 << 20);
    }

    static void assertCode(ThrowingCallable call, Code code, String says) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(says);
        });
    }

    @Test
    void manyPacksShareAnObject() {
        try (PackStorage storage = open(NOW)) {
            for (int i = 0; i < 40; i++) {
                storage.put(pack(i, 100_000));
            }
            storage.sync();
            assertThat(bucket.list("a/packs/")).hasSizeBetween(3, 5);
            assertThat(storage.bytes()).isEqualTo(4_000_000);
        }
    }

    @Test
    void aWriterThatWasOvertakenAcknowledgesNothingAndHarmsNothing() {
        S3PackStorage old = open(NOW);
        Digest first = old.put(pack(1, 1000));
        old.sync();
        assertCode(() -> open(NOW), Code.LOCKED, "lease runs until");
        S3PackStorage young = open(LATER);
        Digest late = old.put(pack(2, 1000));
        assertCode(old::sync, Code.STORAGE_FAILED, "taken the lease");
        assertCode(() -> old.put(pack(3, 10)), Code.STORAGE_FAILED, "taken the lease");
        assertThat(young.get(first)).isPresent();
        assertThat(young.contains(late)).isFalse();
        young.put(pack(4, 1000));
        young.sync();
        old.close();
        young.close();
        try (PackStorage again = open(NOW)) {
            assertThat(again.count()).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void smallObjectsAreMergedAndNothingIsLostWhenThatIsCutShort() {
        List<Digest> ids = new ArrayList<>();
        try (PackStorage storage = open(NOW)) {
            for (int i = 0; i < 70; i++) {
                bucket.deletes = i != 63;
                ids.add(storage.put(pack(i, 500)));
                storage.sync();
            }
            assertThat(bucket.list("a/packs/")).hasSize(71);
            for (int i = 0; i < 70; i++) {
                byte[] expected = pack(i, 500);
                assertThat(storage.get(ids.get(i)))
                        .hasValueSatisfying(p -> assertThat(p).isEqualTo(expected));
            }
        }
        try (PackStorage storage = open(NOW)) {
            assertThat(storage.count()).isEqualTo(70);
            assertThat(storage.bytes()).isEqualTo(35_000);
            storage.put(pack(70, 500));
            storage.sync();
            assertThat(bucket.list("a/packs/")).hasSizeLessThan(12);
            assertThat(storage.get(ids.get(3))).isPresent();
            assertThat(storage.count()).isEqualTo(71);
        }
    }

    @Test
    void flippedBitsAreFoundAndWhatIsIntactIsRead() {
        Digest bad;
        Digest good;
        try (PackStorage storage = open(NOW)) {
            bad = storage.put(pack(1, 5000));
            storage.sync();
            good = storage.put(pack(2, 5000));
        }
        List<String> keys = bucket.keys("a/packs/");
        bucket.flip(keys.get(0), -7);
        try (PackStorage storage = open(NOW)) {
            assertCode(() -> storage.get(bad), Code.CORRUPTED, keys.get(0));
            assertThat(storage.contains(bad)).isFalse();
            assertThat(storage.put(pack(1, 5000))).isEqualTo(bad);
            storage.sync();
            assertThat(storage.get(bad)).isPresent();
            assertThat(storage.get(good)).isPresent();
        }
        bucket.flip(keys.get(1), 15);
        try (PackStorage storage = open(NOW)) {
            assertThat(storage.get(good)).as("its object's list is damaged").isEmpty();
            assertThat(storage.get(bad)).isPresent();
        }
    }

    @Test
    void aFailedWriteStopsTheStore() {
        S3PackStorage storage = open(NOW);
        Digest safe = storage.put(pack(1, 10));
        storage.sync();
        bucket.beforeCreate = key -> {
            throw Failures.storage("no answer for " + key, null);
        };
        storage.put(pack(2, 10));
        assertCode(storage::sync, Code.STORAGE_FAILED, "no answer for a/packs/");
        bucket.beforeCreate = key -> {};
        assertCode(storage::sync, Code.STORAGE_FAILED, "no answer for a/packs/");
        storage.close();
        try (PackStorage again = open(NOW)) {
            assertThat(again.get(safe)).isPresent();
            assertThat(again.count()).isOne();
        }
    }

    @Test
    void leasesAreRenewedGivenBackAndNeverTakenTwice() {
        WriterLease lease = WriterLease.take(bucket, "x/", NOW, Duration.ofHours(1));
        for (int i = 0; i < 3; i++) {
            lease.renew();
            lease.confirm();
        }
        assertThat(bucket.keys("x/lease/")).hasSize(1);
        assertCode(() -> WriterLease.take(bucket, "x/", NOW, Duration.ofHours(1)), Code.LOCKED, "lease runs until");
        bucket.beforeCreate = key -> {
            bucket.beforeCreate = k -> {};
            lease.renew(); // between a newcomer's look and its step
        };
        Clock later = Clock.offset(NOW, Duration.ofHours(2));
        assertCode(() -> WriterLease.take(bucket, "x/", later, Duration.ofHours(1)), Code.LOCKED, "was faster");
        lease.confirm();
        lease.close();
        lease.close();
        WriterLease next = WriterLease.take(bucket, "x/", NOW, Duration.ofHours(1));
        assertThat(next.term()).isGreaterThan(lease.term());
        next.close();
    }
}
