package online.hypermesh.impl.block;

import java.util.Set;
import online.hypermesh.api.block.BlockBytes;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.HeaderExtension;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Opens sealed blocks of one author. Before anything is decrypted it checks: format and lengths, network, author, the
 * author's signatures on block and envelope, critical extensions, the commitment to the segments, and the commitment to the
 * data key, so that no two readers are shown different content. Immutable.
 *
 * @param network the network
 * @param author who made the blocks
 * @param maxPlainBytes largest plaintext accepted
 * @param understood ids of the extensions that the caller understands
 */
public record BlockOpener(NetworkId network, VerifyKey author, int maxPlainBytes, Set<Integer> understood) {
    /**
     * Checks the limit and copies.
     *
     * @param network the network
     * @param author who made the blocks
     * @param maxPlainBytes 0..{@link SealedHeader#MAX_PLAIN_BYTES}
     * @param understood ids of extensions
     */
    public BlockOpener {
        if (maxPlainBytes < 0 || maxPlainBytes > SealedHeader.MAX_PLAIN_BYTES) {
            throw new IllegalArgumentException(
                    "maxPlainBytes is in 0.." + SealedHeader.MAX_PLAIN_BYTES + ", was " + maxPlainBytes);
        }
        understood = Set.copyOf(understood);
    }

    /**
     * For any plaintext the format allows; understands no extension.
     *
     * @param network the network
     * @param author who made the blocks
     */
    public BlockOpener(NetworkId network, VerifyKey author) {
        this(network, author, SealedHeader.MAX_PLAIN_BYTES, Set.of());
    }

    /**
     * Opens a block as one of its readers.
     *
     * @param bytes the block
     * @param envelope its envelope
     * @param keys the reader's keys
     * @return the block, to be closed
     * @throws HypermeshException MALFORMED, LIMIT_EXCEEDED; WRONG_NETWORK; DENIED for another author or a key that is not
     *     wrapped to this reader or not the block's; INVALID_SIGNATURE; CONFLICT for another block's envelope; CORRUPTED
     */
    public OpenedBlock open(BlockBytes bytes, BlockEnvelope envelope, KeyRing keys) {
        BlockHead head = check(bytes);
        SealedHeader header = head.header();
        if (!envelope.network().equals(network) || !envelope.block().equals(header.id())) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "The envelope is of block " + envelope.block() + ", not of " + header.id());
        }
        if (!envelope.author().equals(author)) {
            throw new HypermeshException(
                    Code.INVALID_SIGNATURE,
                    Retry.NEVER,
                    "The envelope is by " + envelope.author() + ", the block by " + author);
        }
        require(envelope.verify());
        try (SecretBytes dataKey = keys.open(envelope)) {
            return open(bytes, head, dataKey);
        }
    }

    /**
     * Opens a block with its data key, as its author does.
     *
     * @param bytes the block
     * @param dataKey its data key; not kept
     * @return the block, to be closed
     * @throws HypermeshException as {@link #open(BlockBytes, BlockEnvelope, KeyRing)}
     */
    public OpenedBlock open(BlockBytes bytes, SecretBytes dataKey) {
        return open(bytes, check(bytes), dataKey);
    }

    private BlockHead check(BlockBytes bytes) {
        BlockHead head = BlockHead.read(bytes);
        SealedHeader header = head.header();
        if (!header.network().equals(network)) {
            throw new HypermeshException(
                    Code.WRONG_NETWORK,
                    Retry.NEVER,
                    "The block is of network " + header.network() + ", not " + network);
        }
        if (!header.author().equals(author)) {
            throw new HypermeshException(
                    Code.DENIED, Retry.NEVER, "The block is by " + header.author() + ", expected " + author);
        }
        require(head.verify());
        for (HeaderExtension extension : header.extensions()) {
            if (extension.critical() && !understood.contains(extension.id())) {
                throw new HypermeshException(
                        Code.MALFORMED,
                        Retry.NEVER,
                        "The block has critical extension " + extension.id() + ", understood are " + understood
                                + ". A newer reader is needed");
            }
        }
        long limit = (long) maxPlainBytes + maxPlainBytes / 8 + 512;
        if (header.paddedLength() > limit) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "The block announces " + header.paddedLength() + " bytes inside, limit " + limit);
        }
        return head;
    }

    private OpenedBlock open(BlockBytes bytes, BlockHead head, SecretBytes dataKey) {
        BlockKeys keys = new BlockKeys(dataKey, head.header().salt());
        if (!keys.commitment().equals(head.header().keyCommitment())) {
            keys.close();
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    "The key is not the one block " + head.header().id() + " was sealed with (key commitment differs)");
        }
        return SegmentedBlock.open(bytes, head, keys, maxPlainBytes);
    }

    private static void require(Verdict verdict) {
        if (verdict instanceof Verdict.Rejected rejected) {
            throw new HypermeshException(rejected.code(), Retry.NEVER, rejected.detail());
        }
    }
}
