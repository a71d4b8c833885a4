package online.hypermesh.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.content.ContentKeys;
import online.hypermesh.impl.content.ContentReader;
import online.hypermesh.impl.content.ContentWriter;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.impl.content.PackSink;
import online.hypermesh.impl.content.StoredContent;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;

/** Stores a stream deduplicated, compressed and sealed in a local folder, and reads it back; no network. */
final class StoreAndRead {
    private StoreAndRead() {}

    static void run(NetworkId network, Path folder, InputStream in, OutputStream out) throws IOException {
        // README
        var random = new SecureRandom();
        try (SigningKey author = SigningKey.generate(random);
                ContentKeys keys = ContentKeys.generate(random);
                PackStorage packs = SegmentPackStorage.open(folder)) {
            var writer = new ContentWriter(network, author, keys, new MemoryChunkIndex(), PackSink.into(packs), random);
            StoredContent stored = writer.write(in);
            new ContentReader(network, keys, packs::get).read(stored.reference(), out);
        }
        // README
    }
}
