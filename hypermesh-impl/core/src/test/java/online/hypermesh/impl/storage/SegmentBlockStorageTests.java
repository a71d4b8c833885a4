package online.hypermesh.impl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Random;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.tck.BlockStorageContract;
import org.junit.jupiter.api.Test;

class SegmentBlockStorageTests extends BlockStorageContract {
    @Override
    protected BlockStorage open(java.nio.file.Path directory) {
        return SegmentBlockStorage.open(directory, MAX_TRANSACTION_BYTES);
    }

    private static BlockStorage open(FaultyDisk disk) {
        return SegmentBlockStorage.open(SegmentLog.open(disk, 8192), MAX_TRANSACTION_BYTES);
    }

    @Test
    void aPowerCutKeepsEverySyncedBlockAndNoHoles() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            FaultyDisk disk = new FaultyDisk();
            long synced = 0;
            long appended = 0;
            for (int boot = 0; boot < 4; boot++) {
                BlockStorage storage = open(disk);
                assertThat(storage.height()).as("seed %d", seed).isBetween(synced, appended);
                appended = storage.height();
                for (long h = 1; h <= appended; h++) {
                    assertThat(storage.read(h)).as("seed %d height %d", seed, h).isEqualTo(Optional.of(block(h)));
                }
                synced = appended;
                for (int i = random.nextInt(25); i > 0; i--) {
                    storage.append(block(++appended));
                    if (random.nextInt(4) == 0) {
                        storage.sync();
                        synced = appended;
                    }
                }
                disk = disk.afterPowerCut(random);
            }
        }
    }

    @Test
    void aDamagedBlockIsNamedAndTheOthersStayReadable() {
        FaultyDisk disk = new FaultyDisk();
        try (BlockStorage storage = open(disk)) {
            for (long h = 1; h <= 30; h++) {
                storage.append(block(h));
            }
        }
        String first = SegmentFormat.fileName(1);
        byte[] pristine = disk.contents(first);
        for (int at = SegmentFormat.FILE_HEADER_BYTES; at < pristine.length; at += 41) {
            FaultyDisk bad = disk.copy();
            bad.flip(first, at * 8L + at % 8);
            try (BlockStorage storage = open(bad)) {
                assertThat(storage.height()).isEqualTo(30);
                int damaged = 0;
                for (long h = 1; h <= 30; h++) {
                    try {
                        assertThat(storage.read(h)).isEqualTo(Optional.of(block(h)));
                    } catch (HypermeshException e) {
                        assertThat(e.code()).isEqualTo(Code.CORRUPTED);
                        damaged++;
                    }
                    try {
                        assertThat(storage.readHeader(h))
                                .hasValue(block(h).block().header());
                    } catch (HypermeshException e) {
                        assertThat(e.code()).isEqualTo(Code.CORRUPTED);
                    }
                }
                assertThat(damaged).as("byte %d", at).isLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void aLogOfPacksIsRefused() {
        FaultyDisk disk = new FaultyDisk();
        try (SegmentPackStorage packs = SegmentPackStorage.open(SegmentLog.open(disk, 8192))) {
            packs.put(new byte[] {1});
        }
        assertThatThrownBy(() -> open(disk))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining("log of packs");
    }

    private static SegmentBlockStorage prunable(FaultyDisk disk) {
        return SegmentBlockStorage.open(SegmentLog.open(disk, 8192), MAX_TRANSACTION_BYTES);
    }

    @Test
    void forgottenBlocksAreGoneAndTheirSegmentsToo() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        try (SegmentBlockStorage storage = prunable(disk)) {
            for (long h = 1; h <= 60; h++) {
                storage.append(block(h));
            }
            int files = disk.names().size();
            storage.prune(41);
            assertThat(storage.lowest()).isEqualTo(41);
            assertThat(storage.read(40)).isEmpty();
            assertThat(storage.readHeader(40)).isEmpty();
            assertThat(storage.read(41)).hasValue(block(41));
            assertThat(disk.names().size()).isLessThan(files);
            storage.prune(20);
            assertThat(storage.lowest()).isEqualTo(41);
            assertThatThrownBy(() -> storage.prune(62)).isInstanceOf(IllegalArgumentException.class);
        }
        try (SegmentBlockStorage storage = prunable(disk)) {
            assertThat(storage.lowest()).isEqualTo(41);
            assertThat(storage.height()).isEqualTo(60);
            assertThat(storage.read(40)).isEmpty();
            storage.append(block(61));
            storage.prune(62);
            assertThat(storage.height()).isEqualTo(61);
            assertThat(storage.lowest()).isEqualTo(62);
            storage.append(block(62));
        }
        try (SegmentBlockStorage storage = prunable(disk)) {
            assertThat(storage.read(62)).hasValue(block(62));
            assertThat(storage.lowest()).isEqualTo(62);
        }
    }

    @Test
    void aStorageGoesOnAfterASnapshot() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        try (SegmentBlockStorage storage = prunable(disk)) {
            storage.goOnAfter(0);
            storage.append(block(1));
            assertThatThrownBy(() -> storage.goOnAfter(0)).isInstanceOf(IllegalArgumentException.class);
            storage.goOnAfter(99_999_999_999L);
            assertThat(storage.read(1)).isEmpty();
            assertThat(storage.height()).isEqualTo(99_999_999_999L);
            storage.goOnAfter(100_000_000_000L);
            FinalizedBlock next = block(100_000_000_001L);
            storage.append(next);
            storage.sync();
            assertThat(storage.read(100_000_000_001L)).hasValue(next);
        }
        try (SegmentBlockStorage storage = prunable(disk)) {
            assertThat(storage.lowest()).isEqualTo(100_000_000_001L);
            assertThat(storage.height()).isEqualTo(100_000_000_001L);
            assertThat(storage.read(100_000_000_001L)).hasValue(block(100_000_000_001L));
        }
    }

    @Test
    void aPowerCutWhileBlocksAreForgottenLosesNoneOfTheOthers() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            FaultyDisk disk = new FaultyDisk();
            long synced = 0;
            long forgotten = 0;
            for (int boot = 0; boot < 4; boot++) {
                SegmentBlockStorage storage = prunable(disk);
                assertThat(storage.height()).isGreaterThanOrEqualTo(synced);
                assertThat(storage.lowest()).isGreaterThanOrEqualTo(forgotten + 1);
                for (long h = storage.lowest(); h <= storage.height(); h++) {
                    assertThat(storage.read(h)).as("seed %d height %d", seed, h).hasValue(block(h));
                }
                for (int i = random.nextInt(40); i > 0; i--) {
                    storage.append(block(storage.height() + 1));
                }
                storage.sync();
                synced = storage.height();
                forgotten = random.nextInt((int) synced + 1);
                storage.prune(forgotten + 1);
                forgotten = storage.lowest() - 1;
                disk = disk.afterPowerCut(random);
            }
        }
    }
}
