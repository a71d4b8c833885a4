package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.impl.seal.Brotli;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.Padding;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

/** Blocks that were damaged, and blocks whose author is hostile. */
class BlockFaultTests {
    private static final int STEP = SealedHeader.SEGMENT_BYTES + SealedHeader.TAG_BYTES;

    private final Author author = new Author();
    private final FreshBlock fresh =
            author.sealer.seal(BlockDraft.first(Author.CHAIN, 7, Codec.NONE), Vectors.counted(200_000));
    private final SecretBytes key = Author.secret(9);

    private void readAll(byte[] bytes) {
        try (OpenedBlock opened = author.opener.open(new ArrayBytes(bytes), fresh.dataKey())) {
            opened.readAll();
        }
    }

    @Test
    void anotherKeyIsDeniedBeforeAnythingIsDecrypted() {
        byte[] body = new byte[fresh.block().header().bodyLength()];
        SealedBlock nothing = author.publish(fresh.block().header(), body);
        Author.refused(Code.DENIED, () -> author.opener.open(Author.bytes(nothing), key));
        Author.refused(Code.CORRUPTED, () -> author.opener.open(Author.bytes(nothing), fresh.dataKey()));
    }

    @Test
    void anotherNetworkAuthorOrSignatureIsRefused() {
        ArrayBytes bytes = Author.bytes(fresh.block());
        NetworkId abroad = new NetworkId(Digest.sha256(new byte[] {8}));
        Author.refused(
                Code.WRONG_NETWORK, () -> new BlockOpener(abroad, author.key.verifyKey()).open(bytes, fresh.dataKey()));
        Author.refused(
                Code.DENIED,
                () -> new BlockOpener(Author.NETWORK, new Author().key.verifyKey()).open(bytes, fresh.dataKey()));
        SealedBlock unsigned = new SealedBlock(
                fresh.block().header(),
                new Author()
                        .key.sign(
                                SealedHeader.signingTag(),
                                Author.NETWORK,
                                fresh.block().id().toBytes()),
                SealedBlock.leaves(
                        Author.bodyOf(fresh.block()), fresh.block().header().paddedLength()),
                Author.bodyOf(fresh.block()));
        Author.refused(Code.INVALID_SIGNATURE, () -> author.opener.open(Author.bytes(unsigned), fresh.dataKey()));
    }

    @Test
    void aFlippedBitInAnyByteOfTheHeadIsNoticed() {
        byte[] valid = fresh.block().encode();
        int head = valid.length - fresh.block().header().bodyLength();
        for (int at = 0; at < head; at++) {
            byte[] bytes = valid.clone();
            bytes[at] ^= (byte) (1 << (at & 7));
            assertThat(refusal(bytes)).as("byte %d", at).isPresent();
        }
    }

    private Optional<Code> refusal(byte[] bytes) {
        try (OpenedBlock opened = author.opener.open(new ArrayBytes(bytes), fresh.dataKey())) {
            return Optional.empty();
        } catch (HypermeshException e) {
            return Optional.of(e.code());
        }
    }

    @Test
    void aFlippedBitInAnySegmentIsFoundAndTheOthersStayReadable() {
        byte[] valid = fresh.block().encode();
        int bodyStart = valid.length - fresh.block().header().bodyLength();
        SplittableRandom random = new SplittableRandom(3);
        for (int segment = 1; segment < 4; segment++) {
            byte[] bytes = valid.clone();
            int n = fresh.block().header().segmentLength(segment);
            bytes[bodyStart + segment * STEP + random.nextInt(n)] ^= 4;
            Author.refused(Code.CORRUPTED, () -> readAll(bytes));
            ArrayBytes damaged = new ArrayBytes(bytes);
            assertThat(BlockHead.read(damaged).verifyBody(damaged).accepted()).isFalse();
            try (OpenedBlock opened = author.opener.open(damaged, fresh.dataKey())) {
                byte[] part = new byte[1000];
                opened.read(0, part, 0, part.length);
                assertThat(part).isEqualTo(Vectors.counted(1000));
            }
        }
    }

    @Test
    void truncatedExtendedAndReorderedBodiesAreRefused() {
        byte[] valid = fresh.block().encode();
        for (int n : new int[] {0, 3, 5, 6, 40, 300, 500, valid.length - STEP, valid.length - 1}) {
            Author.refused(Code.MALFORMED, () -> readAll(Arrays.copyOf(valid, n)));
        }
        Author.refused(Code.MALFORMED, () -> readAll(Arrays.copyOf(valid, valid.length + 1)));
        byte[] swapped = valid.clone();
        int bodyStart = valid.length - fresh.block().header().bodyLength();
        System.arraycopy(valid, bodyStart + STEP, swapped, bodyStart + 2 * STEP, STEP);
        System.arraycopy(valid, bodyStart + 2 * STEP, swapped, bodyStart + STEP, STEP);
        Author.refused(Code.CORRUPTED, () -> readAll(swapped));
    }

    /** Commitment and signature hold, so that the cipher alone has to notice. */
    @Test
    void segmentsReorderedCutOffOrTakenFromElsewhereByTheAuthorAreRefused() {
        SealedHeader header = fresh.block().header();
        byte[] body = Author.bodyOf(fresh.block());
        byte[] swapped = body.clone();
        System.arraycopy(body, STEP, swapped, 2 * STEP, STEP);
        System.arraycopy(body, 2 * STEP, swapped, STEP, STEP);
        Author.refused(
                Code.CORRUPTED, () -> readAll(author.publish(header, swapped).encode()));

        byte[] inner = new byte[Padding.padme(70_000)];
        SealedBlock two = author.sealInner(inner, key);
        SealedHeader shorter =
                author.header(SealedHeader.SEGMENT_BYTES, two.header().keyCommitment(), Digest.ZERO);
        SealedBlock cut = author.publish(shorter, Arrays.copyOf(Author.bodyOf(two), STEP));
        Author.refused(Code.CORRUPTED, () -> author.opener.open(Author.bytes(cut), key));

        SealedBlock other = author.sealInner(new byte[inner.length], Author.secret(10));
        byte[] mixed = Author.bodyOf(two);
        System.arraycopy(Author.bodyOf(other), 0, mixed, 0, STEP);
        SealedBlock joined = author.publish(two.header(), mixed);
        Author.refused(Code.CORRUPTED, () -> author.opener.open(Author.bytes(joined), key));
    }

    /** A reader has the data key, so that the cipher takes what it makes; the author's commitment does not. */
    @Test
    void aReaderCannotPassASegmentOfItsOwnAsTheAuthors() {
        SealedHeader header = fresh.block().header();
        byte[] bytes = fresh.block().encode();
        byte[] mine = new byte[STEP];
        try (BlockKeys keys = new BlockKeys(fresh.dataKey(), header.salt());
                var cipher = keys.cipher(header.encodeCore())) {
            cipher.seal(1, false, new byte[SealedHeader.SEGMENT_BYTES], 0, SealedHeader.SEGMENT_BYTES, mine, 0);
        }
        System.arraycopy(mine, 0, bytes, bytes.length - header.bodyLength() + STEP, STEP);
        Author.refused(Code.CORRUPTED, () -> readAll(bytes));
    }

    @Test
    void aBodyUnderAnotherHeaderDoesNotOpen() {
        SealedHeader h = fresh.block().header();
        SealedHeader later = new SealedHeader(
                h.network(),
                h.chain(),
                h.height(),
                h.previous(),
                h.disclosureRoot(),
                h.timeMillis() + 1,
                h.author(),
                h.salt(),
                h.paddedLength(),
                h.keyCommitment(),
                h.extensions(),
                h.bodyCommitment());
        SealedBlock moved = author.publish(later, Author.bodyOf(fresh.block()));
        Author.refused(Code.CORRUPTED, () -> readAll(moved.encode()));
    }

    @Test
    void hashesOfSegmentsThatTheHeaderDoesNotCommitToAreRefused() {
        byte[] body = Author.bodyOf(fresh.block());
        List<Digest> leaves =
                new ArrayList<>(SealedBlock.leaves(body, fresh.block().header().paddedLength()));
        Collections.swap(leaves, 0, 1);
        SealedBlock lying = author.sign(fresh.block().header(), leaves, body);
        Author.refused(Code.CORRUPTED, () -> readAll(lying.encode()));
        assertThat(MerkleTree.root(leaves)).isNotEqualTo(fresh.block().header().bodyCommitment());
    }

    private void refusedInside(Code code, byte[] inner) {
        SealedBlock block = author.sealInner(inner, key);
        Author.refused(code, () -> {
            try (OpenedBlock opened = author.opener.open(Author.bytes(block), key)) {
                opened.readAll();
            }
        });
    }

    /** Plain length, coded lengths, and bytes behind them, padded as they must be. */
    private static byte[] inner(long plainLength, int[] coded, byte[] behind) {
        int length = 4 + 4 * coded.length + behind.length;
        byte[] inner = new byte[Padding.padme(length)];
        put(inner, 0, plainLength);
        for (int i = 0; i < coded.length; i++) {
            put(inner, 4 + 4 * i, coded[i]);
        }
        System.arraycopy(behind, 0, inner, 4 + 4 * coded.length, behind.length);
        return inner;
    }

    private static void put(byte[] to, int at, long value) {
        for (int i = 0; i < 4; i++) {
            to[at + i] = (byte) (value >>> (24 - 8 * i));
        }
    }

    @Test
    void decompressionBombsAreRefusedByTheirAnnouncedLength() {
        byte[] zeros = Brotli.compress(new byte[1 << 20], 0, 1 << 20, 5);
        assertThat(zeros).hasSizeLessThan(200);
        int[] coded = new int[64];
        Arrays.fill(coded, zeros.length);
        byte[] behind = new byte[64 * zeros.length];
        for (int i = 0; i < 64; i++) {
            System.arraycopy(zeros, 0, behind, i * zeros.length, zeros.length);
        }
        refusedInside(Code.LIMIT_EXCEEDED, inner(SealedHeader.MAX_PLAIN_BYTES, coded, behind));
        // the whole keeps within the ratio, its beginning does not
        int[] late = {zeros.length, zeros.length, zeros.length, zeros.length, zeros.length, 1 << 20};
        byte[] mixed = Arrays.copyOf(behind, 5 * zeros.length + (1 << 20));
        refusedInside(Code.LIMIT_EXCEEDED, inner(6 << 20, late, mixed));
        refusedInside(Code.LIMIT_EXCEEDED, inner(SealedHeader.MAX_PLAIN_BYTES + 1L, coded, behind));
        refusedInside(Code.LIMIT_EXCEEDED, inner(0xffff_ffffL, coded, behind));
    }

    @Test
    void framesThatYieldAnotherLengthThanAnnouncedAreRefused() {
        byte[] longer = Brotli.compress(new byte[1001], 0, 1001, 5);
        refusedInside(Code.CORRUPTED, inner(1000, new int[] {longer.length}, longer));
        byte[] shorter = Brotli.compress(new byte[999], 0, 999, 5);
        refusedInside(Code.CORRUPTED, inner(1000, new int[] {shorter.length}, shorter));
        refusedInside(Code.CORRUPTED, inner(1000, new int[] {500}, Vectors.counted(500)));
    }

    @Test
    void layoutsOutOfRangeAreRefused() {
        refusedInside(Code.MALFORMED, inner(10, new int[] {11}, new byte[11]));
        refusedInside(Code.MALFORMED, inner(10, new int[] {0}, new byte[10]));
        refusedInside(Code.MALFORMED, inner(10, new int[] {-1}, new byte[10]));
        refusedInside(Code.MALFORMED, inner(10, new int[] {10}, new byte[200]));
        refusedInside(Code.MALFORMED, inner(3_000_000, new int[] {1}, new byte[1]));
        refusedInside(Code.MALFORMED, inner(100, new int[0], new byte[0]));
        byte[] dirty = inner(1000, new int[] {1000}, new byte[1000]);
        assertThat(dirty.length).isGreaterThan(1008);
        dirty[dirty.length - 1] = 1;
        refusedInside(Code.MALFORMED, dirty);
    }

    @Test
    void anAuthorWhoCommitsToAnotherPlaintextIsFoundWhenItIsDisclosed() {
        byte[] plain = new byte[100];
        SealedHeader honest = author.header(4, Author.commitment(key), Digest.ZERO);
        byte[] inner = inner(100, new int[] {100}, plain);
        SealedHeader lying = new SealedHeader(
                honest.network(),
                honest.chain(),
                0,
                Digest.ZERO,
                Optional.of(Digest.sha256(plain)),
                7,
                honest.author(),
                honest.salt(),
                inner.length,
                honest.keyCommitment(),
                List.of(),
                Digest.ZERO);
        byte[] body = new byte[lying.bodyLength()];
        try (BlockKeys keys = new BlockKeys(key, lying.salt());
                var cipher = keys.cipher(lying.encodeCore())) {
            cipher.seal(0, true, inner, 0, inner.length, body, 0);
        }
        SealedBlock block = author.publish(lying, body);
        try (OpenedBlock opened = author.opener.open(Author.bytes(block), key)) {
            assertThat(opened.readAll()).isEqualTo(plain);
            Author.refused(Code.CORRUPTED, () -> opened.disclose(0));
        }
    }
}
