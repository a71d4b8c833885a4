package online.hypermesh.impl.block;

import java.util.List;
import online.hypermesh.api.block.HeaderExtension;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What an author decides about a block besides its content. Immutable.
 *
 * @param chain names the chain
 * @param height number of ancestors in the chain
 * @param previous id of the block before; {@link Digest#ZERO} exactly at height 0
 * @param timeMillis milliseconds since 1970
 * @param codec how to compress
 * @param disclosable whether readers can prove segments of the plaintext to others; costs a hash of the plaintext
 * @param extensions public values of the application's
 */
public record BlockDraft(
        Digest chain,
        long height,
        Digest previous,
        long timeMillis,
        Codec codec,
        boolean disclosable,
        List<HeaderExtension> extensions) {
    /**
     * Copies the extensions.
     *
     * @param chain names the chain
     * @param height number of ancestors
     * @param previous id of the block before
     * @param timeMillis milliseconds since 1970
     * @param codec how to compress
     * @param disclosable whether segments can be proven
     * @param extensions public values
     */
    public BlockDraft {
        extensions = List.copyOf(extensions);
    }

    /**
     * The first block of a chain; not disclosable, without extensions.
     *
     * @param chain names the chain
     * @param timeMillis milliseconds since 1970
     * @param codec how to compress
     * @return the draft
     */
    public static BlockDraft first(Digest chain, long timeMillis, Codec codec) {
        return new BlockDraft(chain, 0, Digest.ZERO, timeMillis, codec, false, List.of());
    }

    /**
     * The next block of a chain; not disclosable, without extensions.
     *
     * @param parent the block before
     * @param timeMillis milliseconds since 1970, at least the parent's
     * @param codec how to compress
     * @return the draft
     */
    public static BlockDraft after(SealedHeader parent, long timeMillis, Codec codec) {
        return new BlockDraft(parent.chain(), parent.height() + 1, parent.id(), timeMillis, codec, false, List.of());
    }

    /**
     * The same, with a commitment to the plaintext.
     *
     * @return the draft
     */
    public BlockDraft withDisclosure() {
        return new BlockDraft(chain, height, previous, timeMillis, codec, true, extensions);
    }

    /**
     * The same, with other extensions.
     *
     * @param others at most {@link SealedHeader#MAX_EXTENSIONS}, ids strictly ascending
     * @return the draft
     */
    public BlockDraft withExtensions(List<HeaderExtension> others) {
        return new BlockDraft(chain, height, previous, timeMillis, codec, disclosable, others);
    }
}
