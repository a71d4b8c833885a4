package online.hypermesh.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.block.ArrayBytes;
import online.hypermesh.impl.block.BlockDraft;
import online.hypermesh.impl.block.BlockOpener;
import online.hypermesh.impl.block.BlockSealer;
import online.hypermesh.impl.block.EnvelopeAuthor;
import online.hypermesh.impl.block.FreshBlock;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;

/** Sealed blocks in the pinned process, warm: each subject runs for a while before it is measured, then medians count. */
final class BlockWorker {
    private static final int BLOCK = 1 << 20;
    private static final int ROUNDS = 100;
    private static final int RECIPIENTS = 32;
    private static final int READERS = 3;
    private static final long WARM_NANOS = 10_000_000_000L;

    private final SecureRandom random = new SecureRandom();
    private final NetworkId network = new NetworkId(Digest.sha256(new byte[] {1}));
    private final SigningKey author = SigningKey.generate(random);
    private final BlockSealer sealer = new BlockSealer(network, author, random);
    private final EnvelopeAuthor envelopes = new EnvelopeAuthor(network, author, random);

    private FreshBlock fresh(Codec codec, byte[] plain) {
        return sealer.seal(BlockDraft.first(network.digest(), System.currentTimeMillis(), codec), plain);
    }

    private List<RecipientPublicKey> recipients(int count) {
        List<RecipientPublicKey> recipients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            recipients.add(RecipientKey.generate(random).publicKey());
        }
        return recipients;
    }

    private static long median(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Nanoseconds to seal a block of 1 MiB without compression to the bytes that are stored, and to open those; its length. */
    String seal() {
        byte[] plain = new byte[BLOCK];
        random.nextBytes(plain);
        BlockOpener opener = new BlockOpener(network, author.verifyKey());
        long[] sealing = new long[ROUNDS];
        long[] opening = new long[ROUNDS];
        long warm = System.nanoTime() + WARM_NANOS;
        for (int i = 0; i < ROUNDS; i += System.nanoTime() < warm ? 0 : 1) {
            long start = System.nanoTime();
            try (FreshBlock fresh = fresh(Codec.NONE, plain)) {
                byte[] sealed = fresh.block().encode();
                long middle = System.nanoTime();
                try (OpenedBlock opened = opener.open(new ArrayBytes(sealed), fresh.dataKey())) {
                    if (opened.readAll().length != BLOCK) {
                        throw new IllegalStateException("opened " + opened.length() + " bytes");
                    }
                }
                opening[i] = System.nanoTime() - middle;
                sealing[i] = middle - start;
            }
        }
        return median(sealing) + " " + median(opening) + " " + BLOCK;
    }

    /** Nanoseconds to wrap a data key to one more recipient, the envelope's signature spread over all of them. */
    String wrap() {
        List<RecipientPublicKey> recipients = recipients(RECIPIENTS);
        long[] nanos = new long[ROUNDS];
        try (FreshBlock fresh = fresh(Codec.NONE, new byte[1])) {
            long warm = System.nanoTime() + WARM_NANOS;
            for (int i = 0; i < ROUNDS; i += System.nanoTime() < warm ? 0 : 1) {
                long start = System.nanoTime();
                envelopes.seal(fresh, recipients);
                nanos[i] = System.nanoTime() - start;
            }
        }
        return Long.toString(median(nanos) / RECIPIENTS);
    }

    /** Nanoseconds to compress and seal a block of 1 MiB, wrap it to three readers, and have both on disk. */
    String store() throws IOException {
        byte[] plain = text();
        List<RecipientPublicKey> readers = recipients(READERS);
        long[] nanos = new long[ROUNDS];
        Path directory = Files.createTempDirectory("hypermesh-bench-blocks");
        try (PackStorage storage = SegmentPackStorage.open(directory)) {
            long warm = System.nanoTime() + WARM_NANOS;
            for (int i = 0; i < ROUNDS; i += System.nanoTime() < warm ? 0 : 1) {
                long start = System.nanoTime();
                try (FreshBlock fresh = fresh(Codec.BROTLI, plain)) {
                    storage.put(fresh.block().encode());
                    storage.put(envelopes.seal(fresh, readers).encode());
                    storage.sync();
                }
                nanos[i] = System.nanoTime() - start;
            }
        } finally {
            delete(directory);
        }
        return Long.toString(median(nanos));
    }

    /** Lines that compress to some third, as source code does. */
    private byte[] text() {
        StringBuilder lines = new StringBuilder(BLOCK + 100);
        while (lines.length() < BLOCK) {
            lines.append("    private static final long VALUE_")
                    .append(Integer.toHexString(random.nextInt()))
                    .append(" = ")
                    .append(random.nextLong())
                    .append("L;\n");
        }
        return Arrays.copyOf(lines.toString().getBytes(StandardCharsets.US_ASCII), BLOCK);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
