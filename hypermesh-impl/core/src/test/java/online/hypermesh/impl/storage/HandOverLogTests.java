package online.hypermesh.impl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandOverLogTests {
    @Test
    void aLogOfSomethingElseIsRefusedAndLetGo(@TempDir Path dir) {
        try (SegmentLog packs = SegmentLog.open(dir, SegmentLog.MAX_SEGMENT_BYTES)) {
            packs.append(7, Digest.sha256(new byte[] {1}), new byte[] {1});
        }
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> HandOverLog.open(dir))
                    .isInstanceOfSatisfying(
                            HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CORRUPTED))
                    .hasMessageContaining("type 7");
        }
        try (SegmentLog again = SegmentLog.open(dir, SegmentLog.MAX_SEGMENT_BYTES)) {
            assertThat(again.replay((position, type, id, bytes) -> {})).isEmpty();
        }
    }
}
