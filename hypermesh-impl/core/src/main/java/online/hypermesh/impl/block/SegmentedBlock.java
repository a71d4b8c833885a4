package online.hypermesh.impl.block;

import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import online.hypermesh.api.block.BlockBytes;
import online.hypermesh.api.block.Disclosure;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.Brotli;
import online.hypermesh.impl.seal.SegmentCipher;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;

/** Reads a block segment by segment; holds one segment and one frame. Confined to one thread. */
final class SegmentedBlock implements OpenedBlock {
    private static final int NONE = -1;

    private final BlockBytes bytes;
    private final BlockHead head;
    private final SealedHeader header;
    private final BlockKeys keys;
    private final SegmentCipher cipher;
    private final MessageDigest sha = Hashing.sha256();
    private final byte[] sealed;
    private final byte[] segment;
    private final Frames frames;
    private int segmentHeld = NONE;
    private byte[] frame = {};
    private int frameHeld = NONE;
    private boolean closed;

    private SegmentedBlock(BlockBytes bytes, BlockHead head, BlockKeys keys, int maxPlainBytes) {
        this.bytes = bytes;
        this.head = head;
        this.header = head.header();
        this.keys = keys;
        this.cipher = keys.cipher(header.encodeCore());
        int largest = Math.min(SealedHeader.SEGMENT_BYTES, header.paddedLength());
        this.sealed = new byte[largest + SealedHeader.TAG_BYTES];
        this.segment = new byte[largest];
        byte[] first = new byte[Frames.LENGTH_BYTES];
        readInner(0, first, 0, first.length);
        int plainLength = Frames.readPlainLength(first, header.paddedLength(), maxPlainBytes);
        byte[] table = new byte[Frames.LENGTH_BYTES * Frames.count(plainLength)];
        readInner(Frames.LENGTH_BYTES, table, 0, table.length);
        this.frames = Frames.readTable(plainLength, table, header.paddedLength());
    }

    static SegmentedBlock open(BlockBytes bytes, BlockHead head, BlockKeys keys, int maxPlainBytes) {
        SegmentCipher.announce(head.header().paddedLength());
        boolean opened = false;
        try {
            SegmentedBlock block = new SegmentedBlock(bytes, head, keys, maxPlainBytes);
            opened = true;
            return block;
        } finally {
            if (!opened) {
                keys.close();
            }
        }
    }

    @Override
    public SealedHeader header() {
        return header;
    }

    @Override
    public int length() {
        return frames.plainLength();
    }

    @Override
    public void read(int position, byte[] to, int offset, int length) {
        Objects.checkFromIndexSize(position, length, length());
        Objects.checkFromIndexSize(offset, length, to.length);
        if (closed) {
            throw new HypermeshException(Code.CLOSED, Retry.NEVER, "The block was closed. Open it again");
        }
        int from = position;
        int at = offset;
        int left = length;
        while (left > 0) {
            int number = from / Frames.FRAME_BYTES;
            int inFrame = from - number * Frames.FRAME_BYTES;
            int n = Math.min(left, frames.plainLength(number) - inFrame);
            if (frames.isPlain(number)) {
                readInner(frames.start(number) + inFrame, to, at, n);
            } else {
                System.arraycopy(frame(number), inFrame, to, at, n);
            }
            from += n;
            at += n;
            left -= n;
        }
    }

    private byte[] frame(int number) {
        if (frameHeld != number) {
            frameHeld = NONE;
            byte[] coded = new byte[frames.codedLength(number)];
            readInner(frames.start(number), coded, 0, coded.length);
            frame = Brotli.decompress(coded, 0, coded.length, frames.plainLength(number));
            frameHeld = number;
        }
        return frame;
    }

    /** Reads what lies inside the encryption. */
    private void readInner(int position, byte[] to, int offset, int length) {
        int from = position;
        int at = offset;
        int left = length;
        while (left > 0) {
            int number = from / SealedHeader.SEGMENT_BYTES;
            hold(number);
            int inSegment = from - number * SealedHeader.SEGMENT_BYTES;
            int n = Math.min(left, header.segmentLength(number) - SealedHeader.TAG_BYTES - inSegment);
            System.arraycopy(segment, inSegment, to, at, n);
            from += n;
            at += n;
            left -= n;
        }
    }

    private void hold(int number) {
        if (segmentHeld == number) {
            return;
        }
        segmentHeld = NONE;
        if (!head.readSegment(bytes, number, sealed, sha)) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "Segment " + number + " of block " + header.id() + " was changed, cut off or moved. Get it from"
                            + " somebody else");
        }
        cipher.open(number, number == header.segmentCount() - 1, sealed, 0, header.segmentLength(number), segment, 0);
        segmentHeld = number;
    }

    /** Requires that nothing is hidden behind the last frame. */
    private void checkPadding() {
        byte[] padding = new byte[SealedHeader.SEGMENT_BYTES];
        for (int at = frames.end(); at < header.paddedLength(); at += padding.length) {
            int n = Math.min(padding.length, header.paddedLength() - at);
            readInner(at, padding, 0, n);
            for (int i = 0; i < n; i++) {
                if (padding[i] != 0) {
                    throw Frames.malformed("padding is not zero");
                }
            }
        }
    }

    @Override
    public byte[] readAll() {
        byte[] all = new byte[length()];
        read(0, all, 0, all.length);
        checkPadding();
        return all;
    }

    @Override
    public InputStream stream() {
        return new InputStream() {
            private int position;

            @Override
            public int read() {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] to, int offset, int length) {
                Objects.checkFromIndexSize(offset, length, to.length);
                if (length == 0) {
                    return 0;
                }
                int n = Math.min(length, length() - position);
                if (n == 0) {
                    checkPadding();
                    return -1;
                }
                SegmentedBlock.this.read(position, to, offset, n);
                position += n;
                return n;
            }

            @Override
            public long skip(long bytes) {
                int n = (int) Math.max(0, Math.min(bytes, length() - position));
                position += n;
                return n;
            }

            @Override
            public int available() {
                return length() - position;
            }
        };
    }

    @Override
    public Disclosure disclose(int segmentNumber) {
        Digest committed = header.disclosureRoot()
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.NEVER,
                        "The author of block " + header.id() + " committed to no plaintext; nothing can be proven"));
        Objects.checkIndex(segmentNumber, Disclosure.leafCount(length()));
        List<Digest> leaves = new ArrayList<>();
        byte[] wanted = {};
        for (int i = 0; i < Disclosure.leafCount(length()); i++) {
            byte[] plain = new byte[Disclosure.leafLength(length(), i)];
            read(i * SealedHeader.SEGMENT_BYTES, plain, 0, plain.length);
            leaves.add(Disclosure.leafHash(keys.leafSalt(i), plain));
            if (i == segmentNumber) {
                wanted = plain;
            }
        }
        Digest root = MerkleTree.root(leaves);
        if (!Disclosure.headerRoot(length(), root).equals(committed)) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "The author of block " + header.id() + " committed to another plaintext than it holds");
        }
        return new Disclosure(
                length(),
                root,
                segmentNumber,
                keys.leafSalt(segmentNumber),
                wanted,
                MerkleTree.path(leaves, segmentNumber));
    }

    @Override
    public void close() {
        closed = true;
        cipher.close();
        keys.close();
        Arrays.fill(segment, (byte) 0);
        Arrays.fill(frame, (byte) 0);
        segmentHeld = NONE;
        frameHeld = NONE;
    }
}
