package online.hypermesh.interop.s3;

import java.nio.file.Path;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.store.s3.S3BlockStorage;
import online.hypermesh.tck.BlockStorageContract;

class S3BlockStorageOnServerTests extends BlockStorageContract {
    @Override
    protected BlockStorage open(Path directory) {
        return S3BlockStorage.open(S3Server.location(directory), MAX_TRANSACTION_BYTES);
    }
}
