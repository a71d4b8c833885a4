package online.hypermesh.interop.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.store.s3.S3Location;
import online.hypermesh.impl.store.s3.S3PackStorage;
import online.hypermesh.tck.PackStorageContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3PackStorageOnServerTests extends PackStorageContract {
    @Override
    protected PackStorage open(Path directory) {
        return S3PackStorage.open(S3Server.location(directory));
    }

    @Test
    void ofTwoThatOpenAtOnceOneIsRefused(@TempDir Path directory) throws Exception {
        open(directory).close();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            CyclicBarrier together = new CyclicBarrier(2);
            Callable<Boolean> opening = () -> {
                together.await(10, TimeUnit.SECONDS);
                try (PackStorage storage = open(directory)) {
                    together.await(10, TimeUnit.SECONDS);
                    return true;
                } catch (HypermeshException e) {
                    assertThat(e.code()).isEqualTo(Code.LOCKED);
                    together.await(10, TimeUnit.SECONDS);
                    return false;
                }
            };
            for (int round = 0; round < 4; round++) {
                Future<Boolean> one = threads.submit(opening);
                Future<Boolean> other = threads.submit(opening);
                assertThat(one.get(20, TimeUnit.SECONDS)).isNotEqualTo(other.get(20, TimeUnit.SECONDS));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aBucketThatIsNotThereIsNamed(@TempDir Path directory) {
        S3Location there = S3Server.location(directory);
        S3Location gone = new S3Location("nowhere", there.prefix(), there.region(), there.endpoint());
        assertThatThrownBy(() -> S3PackStorage.open(gone)).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.STORAGE_FAILED);
            assertThat(e.getMessage()).contains("s3://nowhere/" + there.prefix());
        });
    }
}
