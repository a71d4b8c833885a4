package online.hypermesh.impl.store.s3;

import static online.hypermesh.impl.store.s3.S3PackStorageTests.assertCode;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.tck.BlockStorageContract;
import org.junit.jupiter.api.Test;

class S3BlockStorageTests extends BlockStorageContract {
    private static final Clock NOW = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    private static final Clock LATER = Clock.offset(NOW, WriterLease.LENGTH.plus(Duration.ofSeconds(1)));

    private final MemoryObjects bucket = new MemoryObjects();

    @Override
    protected BlockStorage open(Path directory) {
        return S3BlockStorage.open(MemoryObjects.of(directory), "a/", NOW, MAX_TRANSACTION_BYTES);
    }

    private S3BlockStorage open(Clock clock) {
        return S3BlockStorage.open(bucket, "a/", clock, MAX_TRANSACTION_BYTES);
    }

    private static void append(BlockStorage storage, long from, long to) {
        for (long h = from; h <= to; h++) {
            storage.append(block(h));
            storage.sync();
        }
    }

    @Test
    void manySmallObjectsBecomeFewAndNothingIsLostWhenThatIsCutShort() {
        try (BlockStorage storage = open(NOW)) {
            bucket.deletes = false;
            append(storage, 1, 70);
            bucket.deletes = true;
        }
        assertThat(bucket.list("a/blocks/")).hasSize(71);
        try (BlockStorage storage = open(NOW)) {
            assertThat(bucket.list("a/blocks/")).hasSize(7);
            assertThat(storage.height()).isEqualTo(70);
            for (long h = 1; h <= 70; h++) {
                assertThat(storage.read(h)).isEqualTo(Optional.of(block(h)));
            }
            append(storage, 71, 200);
            assertThat(bucket.list("a/blocks/")).hasSizeLessThan(70);
            assertThat(storage.read(130)).isEqualTo(Optional.of(block(130)));
        }
    }

    @Test
    void aWriterThatWasOvertakenAcknowledgesNothingAndItsLateBlocksDoNotCount() {
        S3BlockStorage old = open(NOW);
        append(old, 1, 3);
        S3BlockStorage young = open(LATER);
        old.append(block(4));
        old.append(block(5));
        assertCode(old::sync, Code.STORAGE_FAILED, "taken the lease");
        old.close();
        append(young, 4, 4);
        young.append(block(5));
        young.append(block(6));
        young.close();
        try (BlockStorage again = open(LATER)) {
            assertThat(again.height()).isEqualTo(6);
            assertThat(again.read(5)).isEqualTo(Optional.of(block(5)));
        }
        assertThat(bucket.list("a/blocks/")).hasSize(5);
    }

    @Test
    void damageAndGapsAreNamed() {
        try (BlockStorage storage = open(NOW)) {
            append(storage, 1, 4);
        }
        List<String> keys = bucket.keys("a/blocks/");
        bucket.flip(keys.get(1), -1);
        bucket.flip(keys.get(2), 21);
        try (BlockStorage storage = open(NOW)) {
            assertCode(() -> storage.read(2), Code.CORRUPTED, "block 2 is damaged");
            assertCode(() -> storage.readEncoded(3), Code.CORRUPTED, "table of lengths");
            assertThat(storage.read(1)).isPresent();
            assertThat(storage.read(4)).isPresent();
        }
        bucket.remove(keys.get(2));
        assertCode(() -> open(NOW), Code.CORRUPTED, "blocks 3..3");
        bucket.remove(keys.get(3));
        try (BlockStorage storage = open(LATER)) {
            assertThat(storage.height()).isEqualTo(2);
        }
    }

    @Test
    void onlyServersThatKeepAConnectionSecretAreAccepted() {
        for (String endpoint : List.of("http://example.org", "ftp://localhost", "http://10.0.0.1:9000")) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() ->
                            new S3Location("bucket", "", "eu-central-1", Optional.of(java.net.URI.create(endpoint)))))
                    .as(endpoint)
                    .hasMessageContaining("https");
        }
        new S3Location("bucket", "a/b/", "eu-central-1", Optional.of(java.net.URI.create("http://127.0.0.1:9000")));
        new S3Location("bucket", "", "eu-central-1", Optional.of(java.net.URI.create("https://example.org")));
    }
}
