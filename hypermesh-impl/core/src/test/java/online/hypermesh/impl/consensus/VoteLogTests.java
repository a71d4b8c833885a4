package online.hypermesh.impl.consensus;

import static online.hypermesh.impl.consensus.Samples.KEY;
import static online.hypermesh.impl.consensus.Samples.NETWORK;
import static online.hypermesh.impl.consensus.Samples.PARAMETERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.consensus.driver.FileAppendFile;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VoteLogTests {
    private static final byte[] ID = new byte[VoteLog.ID_LENGTH];

    private final MemoryFile file = new MemoryFile();

    private static final NodeId SELF = NodeId.of(KEY.verifyKey());

    private VoteLog create() {
        return VoteLog.create(file, PARAMETERS, ID, NETWORK, SELF);
    }

    private List<VoteRecord> reopen() {
        return VoteLog.open(file, PARAMETERS, NETWORK, SELF).records();
    }

    private static VoteRecord cast(VoteKind kind, long view) {
        return new VoteRecord.Cast(Samples.vote(kind, view, 9));
    }

    private static Code codeOf(Throwable e) {
        return ((HypermeshException) e).code();
    }

    @Test
    void everyKindOfRecordComesBackInOrder() {
        List<VoteRecord> records = List.of(
                new VoteRecord.Floor(new EpochView(2, 3)),
                new VoteRecord.RejoinOwed(3),
                new VoteRecord.Entry(Samples.certificate(VoteKind.NULLIFY, 4, 0)),
                new VoteRecord.Kept(Samples.block(5)),
                cast(VoteKind.NOTARIZE, 5),
                cast(VoteKind.FINALIZE, 5));
        try (VoteLog log = create()) {
            records.forEach(log::append);
            log.flush();
        }
        assertThat(reopen()).isEqualTo(records);
    }

    @Test
    void recordsOfOneTurnShareOneSync() {
        VoteLog log = create();
        int before = file.forced;
        log.append(cast(VoteKind.NOTARIZE, 1));
        log.append(cast(VoteKind.FINALIZE, 1));
        log.append(cast(VoteKind.NOTARIZE, 2));
        log.flush();
        log.flush();
        assertThat(file.forced).isEqualTo(before + 1);
    }

    @Test
    void aTornLastFrameIsCutOffWhereverItWasTorn() {
        VoteLog log = create();
        log.append(cast(VoteKind.NOTARIZE, 1));
        log.flush();
        int whole = file.bytes.length;
        log.append(cast(VoteKind.FINALIZE, 1));
        log.flush();
        byte[] full = file.bytes;
        for (int cut = whole; cut < full.length; cut++) {
            file.bytes = Arrays.copyOf(full, cut);
            assertThat(reopen()).containsExactly(cast(VoteKind.NOTARIZE, 1));
            assertThat(file.bytes).hasSize(whole);
        }
        file.bytes = full.clone();
        file.bytes[full.length - 1] ^= 1;
        VoteLog.Opened opened = VoteLog.open(file, PARAMETERS, NETWORK, SELF);
        opened.log().append(cast(VoteKind.NULLIFY, 2));
        opened.log().flush();
        assertThat(reopen()).containsExactly(cast(VoteKind.NOTARIZE, 1), cast(VoteKind.NULLIFY, 2));
    }

    @Test
    void damageBeforeTheLastFrameIsCorruptionAndNotATornTail() {
        VoteLog log = create();
        int first = file.bytes.length;
        log.append(cast(VoteKind.NOTARIZE, 1));
        log.flush();
        log.append(cast(VoteKind.FINALIZE, 1));
        log.flush();
        byte[] full = file.bytes;
        for (int at = first; at < first + 40; at++) {
            file.bytes = full.clone();
            file.bytes[at] ^= 0x10;
            assertThatThrownBy(this::reopen)
                    .satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.CORRUPTED))
                    .hasMessageContaining("delete the vote log");
        }
    }

    @Test
    void whatIsReadIsWrittenAnewAndSyncedBeforeItIsBelieved() {
        List<VoteRecord> records = List.of(cast(VoteKind.NOTARIZE, 5));
        try (VoteLog log = create()) {
            records.forEach(log::append);
            log.flush();
        }
        byte[] before = file.bytes.clone();
        int forced = file.forced;
        assertThat(reopen()).isEqualTo(records);
        assertThat(file.forced).isEqualTo(forced + 1);
        assertThat(file.bytes).isEqualTo(before);
        file.failing = true;
        assertThatThrownBy(this::reopen).satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.STORAGE_FAILED));
    }

    @Test
    void aFailedSyncClosesTheLogForGood() {
        VoteLog log = create();
        log.append(cast(VoteKind.NOTARIZE, 1));
        file.failing = true;
        assertThatThrownBy(log::flush).satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.STORAGE_FAILED));
        file.failing = false;
        assertThatThrownBy(log::flush).satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.STORAGE_FAILED));
    }

    @Test
    void compactionKeepsWhatIsAboveTheFinalizedView() {
        VoteLog log = create();
        for (int view = 1; view <= 6; view++) {
            log.append(new VoteRecord.Entry(Samples.certificate(VoteKind.NOTARIZE, view - 1, 1)));
            log.append(new VoteRecord.Kept(Samples.block(view)));
            log.append(cast(VoteKind.NOTARIZE, view));
            log.flush();
        }
        long before = log.sizeBytes();
        log.compact(new EpochView(0, 4));
        assertThat(log.sizeBytes()).isLessThan(before);
        log.append(cast(VoteKind.FINALIZE, 6));
        log.flush();
        Recovered recovered = Recovered.of(reopen());
        assertThat(recovered.floor()).isEqualTo(new EpochView(0, 4));
        assertThat(recovered.votes().stream().map(Vote::view)).containsExactly(5L, 6L, 6L);
        assertThat(recovered.entries().stream().map(c -> c.statement().view())).containsExactly(4L, 5L);
        assertThat(recovered.blocks()).hasSize(2);
    }

    @Test
    void whatWasForgottenInBetweenChangesNothingOfWhatCompactionLeaves() {
        VoteLog log = create();
        log.append(new VoteRecord.Floor(new EpochView(0, 2)));
        log.append(new VoteRecord.RejoinOwed(3));
        for (int view = 1; view <= 6; view++) {
            log.append(new VoteRecord.Entry(Samples.certificate(VoteKind.NOTARIZE, view - 1, 1)));
            log.append(new VoteRecord.Kept(Samples.block(view)));
            log.append(cast(VoteKind.NOTARIZE, view));
            log.flush();
            byte[] before = file.bytes.clone();
            log.forget(new EpochView(0, view - 1));
            assertThat(file.bytes).as("the file keeps all").isEqualTo(before);
        }
        List<VoteRecord> whole = reopen();
        assertThat(whole.stream().filter(r -> r instanceof VoteRecord.Cast)).hasSize(6);
        VoteLog.Opened opened = VoteLog.open(file, PARAMETERS, NETWORK, SELF);
        opened.log().compact(new EpochView(0, 5));
        byte[] expected = file.bytes.clone();
        log.compact(new EpochView(0, 5));
        assertThat(file.bytes).isEqualTo(expected);
        Recovered recovered = Recovered.of(reopen());
        assertThat(recovered.rejoinOwed()).isEqualTo(3);
        assertThat(recovered.votes().stream().map(Vote::view)).containsExactly(6L);
    }

    @Test
    void theLogOfAnotherNetworkOrValidatorIsRefused() {
        create();
        NetworkId other = new NetworkId(Samples.digest(99));
        assertThatThrownBy(() -> VoteLog.open(file, PARAMETERS, other, SELF))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.WRONG_NETWORK));
        SigningKey stranger = TestKeys.of(5);
        assertThatThrownBy(() -> VoteLog.open(file, PARAMETERS, NETWORK, NodeId.of(stranger.verifyKey())))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.CONFLICT));
    }

    @Test
    void compactionForgetsEarlierEpochsWhateverTheirViews() {
        VoteLog log = create();
        log.append(cast(VoteKind.NULLIFY, 900));
        log.append(new VoteRecord.Cast(Samples.vote(VoteKind.NULLIFY, 1, 2, 0)));
        log.append(new VoteRecord.Cast(Samples.vote(VoteKind.NULLIFY, 1, 3, 0)));
        log.compact(new EpochView(1, 2));
        Recovered recovered = Recovered.of(reopen());
        assertThat(recovered.floor()).isEqualTo(new EpochView(1, 2));
        assertThat(recovered.votes()).containsExactly(Samples.vote(VoteKind.NULLIFY, 1, 3, 0));
    }

    @Test
    void aLogThatSpeaksOfALaterEpochLetsNothingBeSignedInAnEarlierOne() {
        Recovered recovered = Recovered.of(List.of(
                new VoteRecord.Floor(new EpochView(1, 4)),
                new VoteRecord.Cast(Samples.vote(VoteKind.NULLIFY, 2, 7, 0))));
        assertThat(recovered.of(0).floor()).isEqualTo(new EpochView(0, Long.MAX_VALUE));
        assertThat(recovered.of(1).floor()).isEqualTo(new EpochView(1, Long.MAX_VALUE));
        assertThat(recovered.of(2).floor()).isEqualTo(new EpochView(2, 0));
        assertThat(recovered.of(2).votes()).hasSize(1);
        assertThat(recovered.of(3).floor()).isEqualTo(new EpochView(3, 0));
        assertThat(recovered.of(3).votes()).isEmpty();
    }

    @Test
    void aRejoinThatIsOwedIsRememberedUntilAQuorumProvedAFloor() {
        VoteLog log = create();
        log.append(new VoteRecord.Floor(new EpochView(1, 9)));
        log.append(new VoteRecord.RejoinOwed(2));
        log.flush();
        assertThat(Recovered.of(reopen()).owesRejoinIn(1)).isFalse();
        assertThat(Recovered.of(reopen()).owesRejoinIn(2)).isTrue();
        assertThat(Recovered.of(reopen()).owesRejoinIn(3)).isTrue();
        // what compaction writes as a floor is none that a quorum proved
        log.compact(new EpochView(2, 40));
        log.compact(new EpochView(2, 41));
        assertThat(Recovered.of(reopen()).owesRejoinIn(2)).isTrue();
        log.append(new VoteRecord.Floor(new EpochView(2, 50)));
        log.flush();
        assertThat(Recovered.of(reopen()).owesRejoinIn(2)).isFalse();
        log.compact(new EpochView(2, 60));
        assertThat(Recovered.of(reopen()).owesRejoinIn(2)).isFalse();
        assertThat(Recovered.of(reopen()).owesRejoinIn(3)).isFalse();
    }

    @Test
    void garbageAndUnknownVersionsAreRefused() {
        file.bytes = new byte[200];
        assertThatThrownBy(this::reopen).satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.CORRUPTED));
        file.bytes = new byte[0];
        assertThatThrownBy(this::reopen).satisfies(e -> assertThat(codeOf(e)).isEqualTo(Code.CORRUPTED));
        create();
        file.bytes[5] = 3;
        assertThatThrownBy(this::reopen).hasMessageContaining("format version 3");
    }

    @Test
    void aFileOnDiskBehavesLikeOneInMemory(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("sub").resolve("votes.log");
        byte[] id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        try (VoteLog log = VoteLog.create(FileAppendFile.open(path), PARAMETERS, id, NETWORK, SELF)) {
            log.append(cast(VoteKind.NOTARIZE, 1));
            log.append(cast(VoteKind.NULLIFY, 2));
            log.flush();
            log.compact(new EpochView(0, 1));
            log.append(cast(VoteKind.NULLIFY, 3));
            log.flush();
        }
        VoteLog.Opened opened = VoteLog.open(FileAppendFile.open(path), PARAMETERS, NETWORK, SELF);
        assertThat(opened.log().id()).isEqualTo(id);
        assertThat(opened.records())
                .containsExactly(
                        new VoteRecord.Floor(new EpochView(0, 1)),
                        cast(VoteKind.NULLIFY, 2),
                        cast(VoteKind.NULLIFY, 3));
        opened.log().close();
    }
}
