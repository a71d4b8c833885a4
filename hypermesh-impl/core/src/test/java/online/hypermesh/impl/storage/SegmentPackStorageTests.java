package online.hypermesh.impl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.tck.PackStorageContract;
import org.junit.jupiter.api.Test;

class SegmentPackStorageTests extends PackStorageContract {
    @Override
    protected PackStorage open(Path directory) {
        return SegmentPackStorage.open(directory);
    }

    private static PackStorage open(FaultyDisk disk) {
        return SegmentPackStorage.open(SegmentLog.open(disk, 8192));
    }

    @Test
    void aFlippedBitIsNeverHandedOutAndThePackCanBePutAgain() {
        FaultyDisk disk = new FaultyDisk();
        byte[] pack = pack(2, 300);
        Digest id = Digest.sha256(pack);
        try (PackStorage storage = open(disk)) {
            storage.put(pack(1, 300));
            storage.put(pack);
            storage.put(pack(3, 300));
        }
        int start = SegmentFormat.FILE_HEADER_BYTES + SegmentFormat.RECORD_HEADER_BYTES + 300;
        for (int bit = 0; bit < (SegmentFormat.RECORD_HEADER_BYTES + 300) * 8; bit += 5) {
            FaultyDisk bad = disk.copy();
            bad.flip(SegmentFormat.fileName(1), start * 8L + bit);
            try (PackStorage storage = open(bad)) {
                Optional<byte[]> got = Optional.empty();
                try {
                    got = storage.get(id);
                } catch (HypermeshException e) {
                    assertThat(e.code()).isEqualTo(Code.CORRUPTED);
                }
                assertThat(got).isEmpty();
                assertThat(storage.contains(id)).isFalse();
                assertThat(storage.get(Digest.sha256(pack(1, 300)))).isPresent();
                assertThat(storage.get(Digest.sha256(pack(3, 300)))).isPresent();
                storage.put(pack);
                assertThat(storage.get(id))
                        .hasValueSatisfying(p -> assertThat(p).isEqualTo(pack));
            }
            try (PackStorage storage = open(bad)) {
                assertThat(storage.get(id))
                        .hasValueSatisfying(p -> assertThat(p).isEqualTo(pack));
                assertThat(storage.count()).isEqualTo(3);
            }
        }
    }

    @Test
    void damageWhileOpenIsFoundByReading() {
        FaultyDisk disk = new FaultyDisk();
        try (PackStorage storage = open(disk)) {
            Digest id = storage.put(pack(1, 300));
            storage.sync();
            disk.flip(SegmentFormat.fileName(1), SegmentFormat.FILE_HEADER_BYTES * 8L + 100);
            assertThatThrownBy(() -> storage.get(id)).isInstanceOfSatisfying(HypermeshException.class, e -> {
                assertThat(e.code()).isEqualTo(Code.CORRUPTED);
                assertThat(e.getMessage()).contains("segment-0000000001.log").contains("offset 64");
            });
            assertThat(storage.contains(id)).isFalse();
        }
    }

    @Test
    void aFullDiskStopsWritingAndKeepsReading() {
        FaultyDisk disk = new FaultyDisk();
        disk.capacityBytes = 5000;
        PackStorage storage = open(disk);
        Digest first = storage.put(pack(0, 400));
        storage.sync();
        assertThatThrownBy(() -> {
                    for (int i = 1; i < 100; i++) {
                        storage.put(pack(i, 400));
                    }
                })
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.STORAGE_FAILED));
        disk.capacityBytes = Long.MAX_VALUE;
        assertThatThrownBy(() -> storage.put(pack(500, 1)))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining("restart");
        assertThat(storage.get(first)).isPresent();
        assertThatThrownBy(storage::close).isInstanceOf(HypermeshException.class);
        try (PackStorage again = open(disk)) {
            assertThat(again.get(first)).isPresent();
            again.put(pack(500, 1));
            again.sync();
        }
    }
}
