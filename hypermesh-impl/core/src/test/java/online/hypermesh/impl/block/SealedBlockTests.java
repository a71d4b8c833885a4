package online.hypermesh.impl.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.api.block.BlockBytes;
import online.hypermesh.api.block.Disclosure;
import online.hypermesh.api.block.HeaderExtension;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.Padding;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedBlockTests {
    private final Author author = new Author();

    private static byte[] text(int length) {
        byte[] line = "all work and no play makes for a compressible block; ".getBytes(US_ASCII);
        byte[] all = new byte[length];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < length; i++) {
            all[i] = random.nextInt(40) == 0 ? (byte) random.nextInt() : line[i % line.length];
        }
        return all;
    }

    private FreshBlock seal(Codec codec, byte[] plain) {
        return author.sealer.seal(BlockDraft.first(Author.CHAIN, 7, codec), plain);
    }

    @Test
    void everyLengthAndCodecComesBackWholeStreamedAndInParts() throws IOException {
        for (int length : new int[] {0, 1, 65_528, 65_529, 1_200_000}) {
            for (Codec codec : Codec.values()) {
                byte[] plain = codec == Codec.NONE ? Vectors.counted(length) : text(length);
                try (FreshBlock fresh = seal(codec, plain);
                        OpenedBlock opened = author.opener.open(Author.bytes(fresh.block()), fresh.dataKey())) {
                    assertThat(opened.length()).isEqualTo(length);
                    assertThat(opened.readAll()).isEqualTo(plain);
                    assertThat(opened.stream().readAllBytes()).isEqualTo(plain);
                    SplittableRandom random = new SplittableRandom(length);
                    for (int i = 0; i < 6; i++) {
                        int from = random.nextInt(length + 1);
                        byte[] part = new byte[random.nextInt(Math.min(90_000, length - from) + 1)];
                        opened.read(from, part, 0, part.length);
                        assertThat(part).isEqualTo(Arrays.copyOfRange(plain, from, from + part.length));
                    }
                }
            }
        }
    }

    @Test
    void compressionShrinksAndPaddingHidesTheLength() {
        try (FreshBlock none = seal(Codec.NONE, text(300_000));
                FreshBlock fast = seal(Codec.BROTLI, text(300_000));
                FreshBlock dense = seal(Codec.BROTLI_DENSE, text(300_000))) {
            assertThat(fast.block().header().paddedLength()).isLessThan(200_000);
            assertThat(dense.block().header().paddedLength())
                    .isLessThanOrEqualTo(fast.block().header().paddedLength());
            int padded = none.block().header().paddedLength();
            assertThat(padded).isEqualTo(Padding.padme(300_008)).isGreaterThan(300_008);
        }
    }

    @Test
    void whatDoesNotCompressIsKeptAndZerosStayWithinTheRatio() {
        byte[] zeros = new byte[9_000_000];
        try (FreshBlock random = seal(Codec.BROTLI, Vectors.counted(100_000));
                FreshBlock flat = seal(Codec.BROTLI, zeros);
                OpenedBlock opened = author.opener.open(Author.bytes(flat.block()), flat.dataKey())) {
            assertThat(random.block().header().paddedLength()).isLessThan(104_000);
            assertThat(flat.block().header().paddedLength()).isLessThan(1_200_000);
            assertThat(opened.readAll()).isEqualTo(zeros);
        }
    }

    /** Counts what is read. */
    private record CountedBytes(byte[] bytes, AtomicLong read) implements BlockBytes {
        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public void read(long position, byte[] to, int offset, int length) {
            read.addAndGet(length);
            System.arraycopy(bytes, (int) position, to, offset, length);
        }
    }

    @Test
    void readingAPartTouchesTheSegmentsOfThatPartOnly() {
        try (FreshBlock fresh = seal(Codec.NONE, Vectors.counted(3_000_000))) {
            CountedBytes bytes = new CountedBytes(fresh.block().encode(), new AtomicLong());
            try (OpenedBlock opened = author.opener.open(bytes, fresh.dataKey())) {
                long opening = bytes.read.get();
                assertThat(opening).isLessThan(70_000);
                opened.read(2_000_000, new byte[100], 0, 100);
                assertThat(bytes.read.get() - opening).isEqualTo(65_552);
            }
        }
    }

    @Test
    void rangesOutsideAreMisuseAndAClosedBlockSaysSo() {
        try (FreshBlock fresh = seal(Codec.NONE, new byte[100])) {
            OpenedBlock opened = author.opener.open(Author.bytes(fresh.block()), fresh.dataKey());
            assertThatThrownBy(() -> opened.read(90, new byte[11], 0, 11))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> opened.read(0, new byte[11], 5, 7)).isInstanceOf(IndexOutOfBoundsException.class);
            opened.close();
            opened.close();
            Author.refused(Code.CLOSED, () -> opened.read(0, new byte[1], 0, 1));
        }
    }

    @Test
    void aBlockIsReadFromAFileAndAMissingOrShorterFileIsNamed(@TempDir Path dir) throws IOException {
        byte[] plain = text(150_000);
        try (FreshBlock fresh = seal(Codec.BROTLI, plain)) {
            Path file = Files.write(dir.resolve("block"), fresh.block().encode());
            try (FileBytes bytes = FileBytes.open(file);
                    OpenedBlock opened = author.opener.open(bytes, fresh.dataKey())) {
                assertThat(opened.stream().readAllBytes()).isEqualTo(plain);
                Files.write(file, Arrays.copyOf(fresh.block().encode(), 10));
                Author.refused(Code.CORRUPTED, () -> BlockHead.read(bytes));
            }
        }
        Author.refused(Code.STORAGE_FAILED, () -> FileBytes.open(dir.resolve("missing")));
    }

    @Test
    void anybodyChecksBlocksAndChainsWithoutAKey() {
        try (FreshBlock first = seal(Codec.NONE, Vectors.counted(150_000));
                FreshBlock second =
                        author.sealer.seal(BlockDraft.after(first.block().header(), 8, Codec.NONE), new byte[9])) {
            ArrayBytes bytes = Author.bytes(first.block());
            BlockHead head = BlockHead.read(bytes);
            assertThat(head.header()).isEqualTo(first.block().header());
            assertThat(head.verify().accepted()).isTrue();
            assertThat(head.verifyBody(bytes).accepted()).isTrue();
            SealedHeader next = second.block().header();
            assertThat(next.follows(head.header()).accepted()).isTrue();
            assertThat(head.header().follows(next).accepted()).isFalse();
            assertThat(next.follows(next).accepted()).isFalse();
            byte[] body = Author.bodyOf(first.block());
            Digest leaf = MerkleTree.leafHash(Arrays.copyOfRange(body, 65_552, 131_104));
            assertThat(MerkleTree.verify(
                            leaf, 1, 3, first.block().path(1), head.header().bodyCommitment()))
                    .isTrue();
        }
    }

    @Test
    void aReaderProvesOneSegmentToSomebodyWithoutTheKey() {
        byte[] plain = text(150_000);
        try (FreshBlock fresh = author.sealer.seal(
                        BlockDraft.first(Author.CHAIN, 7, Codec.BROTLI).withDisclosure(), plain);
                FreshBlock silent = seal(Codec.BROTLI, plain);
                OpenedBlock opened = author.opener.open(Author.bytes(fresh.block()), fresh.dataKey());
                OpenedBlock other = author.opener.open(Author.bytes(silent.block()), silent.dataKey())) {
            Disclosure shown = Disclosure.decode(opened.disclose(2).encode());
            assertThat(shown.verify(fresh.block().header()).accepted()).isTrue();
            assertThat(shown.verify(silent.block().header()).accepted()).isFalse();
            assertThat(shown.plain()).isEqualTo(Arrays.copyOfRange(plain, 131_072, 150_000));
            byte[] lie = shown.plain();
            lie[5] ^= 1;
            for (Disclosure forged : List.of(
                    new Disclosure(150_000, shown.root(), 2, shown.salt(), lie, shown.path()),
                    new Disclosure(150_000, shown.root(), 2, Digest.ZERO, shown.plain(), shown.path()),
                    new Disclosure(84_464, shown.root(), 1, shown.salt(), shown.plain(), shown.path()),
                    new Disclosure(150_000, Digest.ZERO, 2, shown.salt(), shown.plain(), shown.path()),
                    new Disclosure(150_000, shown.root(), 2, shown.salt(), shown.plain(), List.of()))) {
                assertThat(forged.verify(fresh.block().header()).accepted()).isFalse();
            }
            Author.refused(Code.NOT_FOUND, () -> other.disclose(0));
        }
    }

    @Test
    void criticalExtensionsMustBeUnderstood() {
        HeaderExtension note = new HeaderExtension(3, false, new byte[] {1});
        HeaderExtension rule = new HeaderExtension(9, true, new byte[] {2});
        try (FreshBlock fresh = author.sealer.seal(
                BlockDraft.first(Author.CHAIN, 7, Codec.NONE).withExtensions(List.of(note, rule)), new byte[5])) {
            ArrayBytes bytes = Author.bytes(fresh.block());
            Author.refused(Code.MALFORMED, () -> author.opener.open(bytes, fresh.dataKey()));
            BlockOpener newer = new BlockOpener(Author.NETWORK, author.key.verifyKey(), 1000, Set.of(9));
            try (OpenedBlock opened = newer.open(bytes, fresh.dataKey())) {
                assertThat(opened.header().extensions()).containsExactly(note, rule);
            }
        }
    }

    @Test
    void tooLargeIsRefusedBeforeAnythingIsDone() {
        Author.refused(Code.LIMIT_EXCEEDED, () -> seal(Codec.NONE, new byte[SealedHeader.MAX_PLAIN_BYTES + 1]));
        BlockOpener small = new BlockOpener(Author.NETWORK, author.key.verifyKey(), 1000, Set.of());
        try (FreshBlock far = seal(Codec.NONE, new byte[100_000]);
                FreshBlock near = seal(Codec.NONE, new byte[1001])) {
            Author.refused(Code.LIMIT_EXCEEDED, () -> small.open(Author.bytes(far.block()), far.dataKey()));
            Author.refused(Code.LIMIT_EXCEEDED, () -> small.open(Author.bytes(near.block()), near.dataKey()));
        }
    }
}
