package online.hypermesh.quickstart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.impl.block.BlockDraft;
import online.hypermesh.impl.block.BlockOpener;
import online.hypermesh.impl.block.BlockSealer;
import online.hypermesh.impl.block.EnvelopeAuthor;
import online.hypermesh.impl.block.FileBytes;
import online.hypermesh.impl.block.KeyRing;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;

/** Seals a file as a block for three people, each of whom reads it with a key of their own; no network, no store. */
final class SealForThree {
    private SealForThree() {}

    static void run(NetworkId network, Path folder, Path file, OutputStream out) throws IOException {
        var random = new SecureRandom();
        var author = SigningKey.generate(random);
        var people =
                List.of(RecipientKey.generate(random), RecipientKey.generate(random), RecipientKey.generate(random));
        var draft = BlockDraft.first(Digest.ZERO, System.currentTimeMillis(), Codec.BROTLI);
        try (var fresh = new BlockSealer(network, author, random).seal(draft, Files.readAllBytes(file))) {
            var readers = people.stream().map(RecipientKey::publicKey).toList();
            var envelope = new EnvelopeAuthor(network, author, random).seal(fresh, readers);
            Files.write(folder.resolve("block"), fresh.block().encode());
            Files.write(folder.resolve("envelope"), envelope.encode());
        }
        var envelope = BlockEnvelope.decode(Files.readAllBytes(folder.resolve("envelope")));
        for (RecipientKey reader : people) {
            try (var bytes = FileBytes.open(folder.resolve("block"));
                    var block =
                            new BlockOpener(network, author.verifyKey()).open(bytes, envelope, new KeyRing(reader))) {
                block.stream().transferTo(out);
            }
        }
    }
}
