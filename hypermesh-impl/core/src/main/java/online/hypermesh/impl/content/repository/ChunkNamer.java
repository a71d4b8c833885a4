package online.hypermesh.impl.content.repository;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Objects;
import javax.crypto.Mac;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.stoq.base.crypto.DomainTag;
import org.jspecify.annotations.Nullable;

/**
 * Computes ids of chunks, 16 bytes each. In domain PRIVATE, whose key has one owner, AES-256-PMAC, or CMAC in
 * repositories of the first generation; in the others, where those who know the key may be hostile, the first half of HMAC-SHA-256 of a tag and the chunk: that still takes 2^64 chunks chosen
 * with the key in hand before two are likely to agree. Confined to one thread.
 */
final class ChunkNamer {
    private static final int ZERO_BYTES = 64 << 10;
    private static final byte[] ZEROS = new byte[ZERO_BYTES];

    private final @Nullable ChunkMac own;
    private final @Nullable Mac shared;
    private final byte[] prefix;
    private final byte[] out = new byte[32];
    private long hi;
    private long lo;
    private int zeroLength;
    private long zeroHi;
    private long zeroLo;

    ChunkNamer(RepositoryKeys keys) {
        boolean oneOwner = keys.domain() == DedupDomain.PRIVATE;
        this.own = oneOwner ? keys.ownMac() : null;
        this.shared = oneOwner ? null : keys.chunkMac();
        this.prefix = oneOwner ? new byte[0] : prefix(keys.chunkTag());
    }

    private static byte[] prefix(DomainTag tag) {
        byte[] name = tag.name().getBytes(StandardCharsets.US_ASCII);
        byte[] prefix = new byte[name.length + 1];
        prefix[0] = (byte) name.length;
        System.arraycopy(name, 0, prefix, 1, name.length);
        return prefix;
    }

    /** Computes the id of a range; {@link #hi()} and {@link #lo()} then tell it. */
    void name(byte[] source, int offset, int length) {
        boolean zero = isZero(source, offset, length);
        if (zero && length == zeroLength) {
            hi = zeroHi;
            lo = zeroLo;
            return;
        }
        tag(source, offset, length);
        hi = Bytes.getLong(out, 0);
        lo = Bytes.getLong(out, 8);
        if (zero) {
            zeroLength = length;
            zeroHi = hi;
            zeroLo = lo;
        }
    }

    private void tag(byte[] source, int offset, int length) {
        ChunkMac mine = own;
        if (mine != null) {
            mine.tag(source, offset, length, out);
            return;
        }
        Mac mac = Objects.requireNonNull(shared, "a domain has one way to name chunks");
        try {
            mac.update(prefix);
            mac.update(source, offset, length);
            mac.doFinal(out, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC-SHA-256 yields 32 bytes", e);
        }
    }

    long hi() {
        return hi;
    }

    long lo() {
        return lo;
    }

    /** Whether a range of at most 64 KiB holds nothing but zeros. */
    static boolean isZero(byte[] source, int offset, int length) {
        return length <= ZERO_BYTES
                && source[offset] == 0
                && Arrays.equals(source, offset, offset + length, ZEROS, 0, length);
    }
}
