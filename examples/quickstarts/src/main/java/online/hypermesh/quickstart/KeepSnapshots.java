package online.hypermesh.quickstart;

import java.nio.file.Path;
import java.util.List;
import online.hypermesh.api.content.ContentStore;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.impl.content.repository.Repository;
import online.hypermesh.impl.content.repository.RepositoryKey;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/** Keeps a snapshot of a folder in an encrypted repository and restores it elsewhere; no network. */
final class KeepSnapshots {
    private KeepSnapshots() {}

    static String run(Path repository, SecretBytes passphrase, Path folder, Path target) {
        var key = RepositoryKey.passphrase(passphrase);
        var options = Repository.Options.defaults();
        try (ContentStore store = Repository.create(repository, key, Repository.Format.DEFAULT, options)) {
            Snapshot snapshot =
                    store.store(List.of(folder), "first", Progress.NONE).snapshot();
            store.restore(snapshot.id(), EntryPath.ROOT, target, false, Progress.NONE);
            return store.addRecoveryKey();
        }
    }
}
