package online.hypermesh.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
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

/** Stores a file in a local folder for three people, each of whom reads it with a key of their own; no network. */
final class ThreeRecipients {
    private ThreeRecipients() {}

    static void run(NetworkId network, Path folder, Path file, OutputStream out) throws IOException {
        var random = new SecureRandom();
        try (SigningKey author = SigningKey.generate(random);
                ContentKeys anna = ContentKeys.generate(random);
                ContentKeys ben = ContentKeys.generate(random);
                ContentKeys carla = ContentKeys.generate(random);
                PackStorage packs = SegmentPackStorage.open(folder);
                InputStream in = Files.newInputStream(file)) {
            var writer = new ContentWriter(network, author, anna, new MemoryChunkIndex(), PackSink.into(packs), random);
            var others = List.of(ben.recipient().publicKey(), carla.recipient().publicKey());
            StoredContent stored = writer.write(in, others);
            for (ContentKeys reader : List.of(anna, ben, carla)) {
                new ContentReader(network, reader, packs::get).read(stored.reference(), out);
            }
        }
    }
}
