package online.hypermesh.impl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class SegmentLogTests {
    private static byte[] payload(int i) {
        byte[] payload = new byte[i * 53 % 400];
        new Random(i).nextBytes(payload);
        return payload;
    }

    private static Digest id(int i) {
        return Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)});
    }

    private static List<Digest> ids(SegmentLog log) {
        List<Digest> ids = new ArrayList<>();
        log.replay((position, type, id, length) -> ids.add(id));
        return ids;
    }

    private static void assertCode(Runnable call, Code code) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    /** A log of {@code n} records in one segment, synced now and then, and where each record ends. */
    private static FaultyDisk log(int n, List<Integer> ends) {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog log = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
        for (int i = 0; i < n; i++) {
            log.append(1, id(i), payload(i));
            ends.add(disk.contents(SegmentFormat.fileName(1)).length);
            if (i % 3 == 0) {
                log.sync();
            }
        }
        return disk;
    }

    @Test
    void aLogCutAtAnyByteHoldsExactlyTheRecordsBeforeTheCutAndGrowsAgain() {
        List<Integer> ends = new ArrayList<>();
        FaultyDisk whole = log(12, ends);
        byte[] bytes = whole.contents(SegmentFormat.fileName(1));
        for (int cut = 0; cut <= bytes.length; cut++) {
            FaultyDisk disk = new FaultyDisk();
            disk.setContents(SegmentFormat.fileName(1), Arrays.copyOf(bytes, cut));
            int at = cut;
            int expected = (int) ends.stream().filter(end -> end <= at).count();
            SegmentLog log = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
            assertThat(ids(log)).as("cut at %d", cut).hasSize(expected);
            log.append(1, id(99), payload(99));
            log.close();
            SegmentLog again = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
            List<Digest> ids = ids(again);
            assertThat(ids).hasSize(expected + 1).endsWith(id(99));
            assertThat(again.replay((p, t, i, l) -> {})).isEmpty();
        }
    }

    @Test
    void aFlippedBitAnywhereSpoilsAtMostOneRecordAndNoneSilently() {
        List<Integer> ends = new ArrayList<>();
        FaultyDisk whole = log(10, ends);
        SegmentLog.open(whole, SegmentLog.MAX_SEGMENT_BYTES).close();
        int length = whole.contents(SegmentFormat.fileName(1)).length;
        for (int at = 0; at < length; at++) {
            FaultyDisk disk = whole.copy();
            disk.flip(SegmentFormat.fileName(1), at * 8L + at % 8);
            SegmentLog log = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
            List<Integer> good = new ArrayList<>();
            List<Integer> bad = new ArrayList<>();
            log.replay((position, type, id, n) -> {
                int i = 0;
                while (!id(i).equals(id)) {
                    i++;
                }
                try {
                    assertThat(log.read(position).payload()).isEqualTo(payload(i));
                    good.add(i);
                } catch (HypermeshException e) {
                    assertThat(e.code()).isEqualTo(Code.CORRUPTED);
                    bad.add(i);
                }
            });
            assertThat(good.size()).as("byte %d", at).isGreaterThanOrEqualTo(9);
            assertThat(bad.size()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aPowerCutLosesNothingSyncedAndLeavesNoHoles() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            FaultyDisk disk = new FaultyDisk();
            int appended = 0;
            int synced = 0;
            for (int boot = 0; boot < 4; boot++) {
                SegmentLog log = SegmentLog.open(disk, 2048);
                List<Digest> ids = ids(log);
                assertThat(ids.size()).as("seed %d boot %d", seed, boot).isBetween(synced, appended);
                for (int i = 0; i < ids.size(); i++) {
                    assertThat(ids.get(i)).isEqualTo(id(i));
                }
                appended = ids.size();
                synced = appended;
                for (int i = random.nextInt(30); i > 0; i--) {
                    log.append(1, id(appended), payload(appended));
                    appended++;
                    if (random.nextInt(5) == 0) {
                        log.sync();
                        synced = appended;
                    }
                }
                disk = disk.afterPowerCut(random);
            }
        }
    }

    @Test
    void aFailedSyncStopsTheLogAndIsNeverRepeated() {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog log = SegmentLog.open(disk, 8192);
        long position = log.append(1, id(1), payload(1));
        log.sync();
        log.append(1, id(2), payload(2));
        disk.failSync = true;
        assertCode(log::sync, Code.STORAGE_FAILED);
        int syncs = disk.fileSyncs;
        disk.failSync = false;
        assertCode(log::sync, Code.STORAGE_FAILED);
        assertCode(() -> log.append(1, id(3), payload(3)), Code.STORAGE_FAILED);
        assertThat(log.read(position).payload()).isEqualTo(payload(1));
        assertCode(log::close, Code.STORAGE_FAILED);
        assertThat(disk.fileSyncs).isEqualTo(syncs);
    }

    @Test
    void aDirectoryThatCannotBeSyncedStopsTheLog() {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog log = SegmentLog.open(disk, 1024);
        assertThat(disk.directorySyncs).isEqualTo(1);
        disk.duringSync = () -> disk.failSync = disk.fileSyncs > 1;
        assertCode(
                () -> {
                    for (int i = 0; i < 50; i++) {
                        log.append(1, id(i), new byte[300]);
                    }
                },
                Code.STORAGE_FAILED);
    }

    @Test
    void callersThatSyncTogetherShareAFlush() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog log = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
        int before = disk.fileSyncs;
        int callers = 8;
        CountDownLatch flushing = new CountDownLatch(1);
        CountDownLatch allAppended = new CountDownLatch(callers);
        disk.duringSync = () -> {
            flushing.countDown();
            await(allAppended);
        };
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        List<Future<?>> done = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            int n = i;
            done.add(threads.submit(() -> {
                if (n > 0) {
                    await(flushing);
                }
                log.append(1, id(n), payload(n));
                allAppended.countDown();
                log.sync();
            }));
        }
        for (Future<?> f : done) {
            f.get(30, TimeUnit.SECONDS);
        }
        threads.shutdown();
        assertThat(disk.fileSyncs - before).isEqualTo(2);
        disk.duringSync = () -> {};
        log.sync();
        assertThat(disk.fileSyncs - before).as("nothing new to flush").isEqualTo(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void segmentsRollAndOldPositionsStayValidAcrossThem() {
        FaultyDisk disk = new FaultyDisk();
        List<Long> positions = new ArrayList<>();
        try (SegmentLog log = SegmentLog.open(disk, 1024)) {
            for (int i = 0; i < 400; i++) {
                positions.add(log.append(1 + i % 255, id(i), payload(i)));
            }
            assertThat(disk.names().size()).isGreaterThan(64);
            for (int i = 0; i < 400; i++) {
                assertThat(log.read(positions.get(i)).payload()).isEqualTo(payload(i));
            }
        }
        try (SegmentLog log = SegmentLog.open(disk, 1024)) {
            List<Long> replayed = new ArrayList<>();
            log.replay((position, type, id, length) -> replayed.add(position));
            assertThat(replayed).isEqualTo(positions);
            assertThat(log.read(positions.get(7))).satisfies(e -> {
                assertThat(e.type()).isEqualTo(8);
                assertThat(e.id()).isEqualTo(id(7));
            });
        }
    }

    @Test
    void aSegmentWithoutReadableHeaderIsReportedAndTheOthersStayReadable() {
        FaultyDisk disk = new FaultyDisk();
        try (SegmentLog log = SegmentLog.open(disk, 1024)) {
            for (int i = 0; i < 40; i++) {
                log.append(1, id(i), payload(i));
            }
        }
        int all = ids(SegmentLog.open(disk.copy(), 1024)).size();
        FaultyDisk oneCopy = disk.copy();
        oneCopy.flip(SegmentFormat.fileName(2), 100);
        assertThat(ids(SegmentLog.open(oneCopy, 1024))).hasSize(all);

        FaultyDisk bothCopies = oneCopy.copy();
        bothCopies.flip(SegmentFormat.fileName(2), 300);
        SegmentLog log = SegmentLog.open(bothCopies, 1024);
        assertThat(ids(log).size()).isBetween(1, all - 1);
        assertThat(log.replay((p, t, i, l) -> {}))
                .anySatisfy(d -> assertThat(d.file()).isEqualTo(SegmentFormat.fileName(2)));

        FaultyDisk missing = disk.copy();
        missing.delete(SegmentFormat.fileName(2));
        assertThat(SegmentLog.open(missing, 1024).replay((p, t, i, l) -> {}))
                .anySatisfy(d -> assertThat(d.file()).isEqualTo(SegmentFormat.fileName(2)));
    }

    @Test
    void anotherFormatVersionIsRefusedByName() {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog.open(disk, 1024).close();
        byte[] header = disk.contents(SegmentFormat.fileName(1));
        for (int copy = 0; copy < 64; copy += 32) {
            header[copy + 11] = 2;
            int crc = SegmentFormat.crc(header, copy, 28);
            java.nio.ByteBuffer.wrap(header).putInt(copy + 28, crc);
        }
        byte[] longer = Arrays.copyOf(header, 100);
        disk.setContents(SegmentFormat.fileName(1), longer);
        assertThatThrownBy(() -> SegmentLog.open(disk, 1024))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining("format version 2");
    }

    @Test
    void bytesOfARecordInsideAnotherRecordAreNeverMistakenForOne() {
        FaultyDisk disk = new FaultyDisk();
        SegmentLog log = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
        log.append(1, id(1), payload(1));
        log.sync();
        byte[] inner = new SegmentFormat(1, 0).record(64 + 45 + 200, 1, id(66), payload(66));
        byte[] payload = new byte[200 + inner.length];
        System.arraycopy(inner, 0, payload, 200, inner.length);
        log.append(1, id(2), payload);
        log.append(1, id(3), payload(3));
        log.close();
        int second = 64 + 45 + payload(1).length + 45 + 8;
        disk.flip(SegmentFormat.fileName(1), second * 8L + 33);
        SegmentLog again = SegmentLog.open(disk, SegmentLog.MAX_SEGMENT_BYTES);
        assertThat(ids(again)).containsExactly(id(1), id(3));
    }

    @Test
    void limitsAreNamed() {
        SegmentLog log = SegmentLog.open(new FaultyDisk(), 1024);
        assertCode(() -> log.append(1, id(1), new byte[SegmentLog.MAX_PAYLOAD_BYTES + 1]), Code.LIMIT_EXCEEDED);
        assertThatThrownBy(() -> log.append(0, id(1), new byte[1])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SegmentLog.open(new FaultyDisk(), 1023))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1023");
    }
}
