package online.hypermesh.impl.content.repository;

import java.nio.file.Path;
import online.hypermesh.api.content.ContentStore;
import online.hypermesh.tck.ContentStoreContract;

class RepositoryContractTests extends ContentStoreContract {
    @Override
    protected ContentStore create(Path directory) {
        return TestStore.create(directory);
    }

    @Override
    protected ContentStore open(Path directory) {
        return TestStore.open(directory);
    }
}
