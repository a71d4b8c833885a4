package online.hypermesh.impl.block;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Says who may read an author's blocks: makes envelopes, and newer ones with somebody more or less. Thread-safe as its key
 * and randomness are.
 */
public final class EnvelopeAuthor {
    private final NetworkId network;
    private final SigningKey author;
    private final SecureRandom random;
    private final GroupMemory memory;

    /**
     * An author of envelopes who has seen no epoch of any group: what it is given as a group's key is taken for the present
     * one.
     *
     * @param network the network
     * @param author the blocks' author
     * @param random for wrapping
     */
    public EnvelopeAuthor(NetworkId network, SigningKey author, SecureRandom random) {
        this(network, author, random, GroupMemory.untilClosed());
    }

    /**
     * An author of envelopes.
     *
     * @param network the network
     * @param author the blocks' author
     * @param random for wrapping
     * @param memory which epochs of groups were seen: nothing is sealed to one that is over; stays the caller's
     */
    public EnvelopeAuthor(NetworkId network, SigningKey author, SecureRandom random, GroupMemory memory) {
        this.memory = memory;
        this.network = network;
        this.author = author;
        this.random = random;
    }

    /**
     * The first envelope of a block, to single recipients.
     *
     * @param fresh the block and its data key
     * @param recipients 1..{@link BlockEnvelope#MAX_STANZAS}, nobody twice
     * @return an envelope of sequence number 0
     * @throws HypermeshException LIMIT_EXCEEDED for too many; CONFLICT for somebody twice; MALFORMED for bytes that are no
     *     public key
     */
    public BlockEnvelope seal(FreshBlock fresh, List<RecipientPublicKey> recipients) {
        return seal(fresh, recipients, List.of());
    }

    /**
     * The first envelope of a block.
     *
     * @param fresh the block and its data key
     * @param recipients who may read it
     * @param groups whose members may read it; with the recipients 1..{@link BlockEnvelope#MAX_STANZAS}
     * @return an envelope of sequence number 0
     * @throws HypermeshException as for {@link #seal(FreshBlock, List)}; ROLLED_BACK when a newer epoch of a group was seen
     */
    public BlockEnvelope seal(FreshBlock fresh, List<RecipientPublicKey> recipients, List<GroupKey> groups) {
        requireRoom(recipients.size() + groups.size());
        Digest block = fresh.block().id();
        List<KeyStanza> stanzas = new ArrayList<>();
        for (RecipientPublicKey recipient : recipients) {
            stanzas.add(stanza(block, recipient, fresh.dataKey()));
        }
        for (GroupKey group : groups) {
            memory.requirePresent(group);
            stanzas.add(group.wrap(network, block, fresh.dataKey(), random));
        }
        return sign(block, 0, stanzas);
    }

    /**
     * The next envelope, with one more recipient. Neither body nor id of the block changes.
     *
     * @param envelope the newest envelope
     * @param dataKey the block's data key
     * @param recipient whom to add
     * @return an envelope of the next sequence number
     * @throws HypermeshException LIMIT_EXCEEDED when it is full; CONFLICT when the recipient is in it; MALFORMED
     */
    public BlockEnvelope add(BlockEnvelope envelope, SecretBytes dataKey, RecipientPublicKey recipient) {
        requireRoom(envelope.stanzas().size() + 1);
        return with(envelope, stanza(envelope.block(), recipient, dataKey));
    }

    /**
     * The next envelope, with the members of one more group or of a group's newer epoch.
     *
     * @param envelope the newest envelope
     * @param dataKey the block's data key
     * @param group the epoch's key
     * @return an envelope of the next sequence number
     * @throws HypermeshException LIMIT_EXCEEDED when it is full; CONFLICT when the epoch is in it; ROLLED_BACK when a newer one
     *     was seen
     */
    public BlockEnvelope add(BlockEnvelope envelope, SecretBytes dataKey, GroupKey group) {
        requireRoom(envelope.stanzas().size() + 1);
        memory.requirePresent(group);
        return with(envelope, group.wrap(network, envelope.block(), dataKey, random));
    }

    /**
     * The next envelope, without one recipient. Takes away nothing from somebody who kept an older one.
     *
     * @param envelope the newest envelope
     * @param recipient whom to leave out
     * @return an envelope of the next sequence number
     * @throws HypermeshException NOT_FOUND when the recipient is not in it; LIMIT_EXCEEDED when nobody would be left
     */
    public BlockEnvelope remove(BlockEnvelope envelope, RecipientPublicKey recipient) {
        byte[] hint = recipient.hint();
        return without(
                envelope,
                s -> s instanceof KeyStanza.ForRecipient r && Arrays.equals(r.hint(), hint),
                recipient.toString());
    }

    /**
     * The next envelope, without a group in any epoch. Takes away nothing from somebody who kept an older one.
     *
     * @param envelope the newest envelope
     * @param group the group's id
     * @return an envelope of the next sequence number
     * @throws HypermeshException NOT_FOUND when the group is not in it; LIMIT_EXCEEDED when nobody would be left
     */
    public BlockEnvelope remove(BlockEnvelope envelope, Digest group) {
        return without(
                envelope, s -> s instanceof KeyStanza.ForGroup g && g.group().equals(group), "group " + group);
    }

    private BlockEnvelope with(BlockEnvelope envelope, KeyStanza more) {
        List<KeyStanza> stanzas = new ArrayList<>(envelope.stanzas());
        stanzas.add(more);
        return next(envelope, stanzas);
    }

    private BlockEnvelope without(BlockEnvelope envelope, Predicate<KeyStanza> whom, String name) {
        List<KeyStanza> stanzas = new ArrayList<>(envelope.stanzas());
        if (!stanzas.removeIf(whom)) {
            throw new HypermeshException(
                    Code.NOT_FOUND, Retry.NEVER, name + " is not in the envelope of block " + envelope.block());
        }
        requireRoom(stanzas.size());
        return next(envelope, stanzas);
    }

    private BlockEnvelope next(BlockEnvelope envelope, List<KeyStanza> stanzas) {
        if (!envelope.author().equals(author.verifyKey()) || !envelope.network().equals(network)) {
            throw new IllegalArgumentException(
                    "only " + envelope.author() + " says who reads its block " + envelope.block());
        }
        return sign(envelope.block(), Math.addExact(envelope.sequence(), 1), stanzas);
    }

    private KeyStanza stanza(Digest block, RecipientPublicKey recipient, SecretBytes dataKey) {
        return MemberStanzas.wrap(recipient, MemberStanzas.blockInfo(network, block), dataKey, random);
    }

    private BlockEnvelope sign(Digest block, long sequence, List<KeyStanza> stanzas) {
        stanzas.sort(KeyStanza::compare);
        for (int i = 1; i < stanzas.size(); i++) {
            if (KeyStanza.compare(stanzas.get(i - 1), stanzas.get(i)) == 0) {
                throw new HypermeshException(
                        Code.CONFLICT, Retry.NEVER, stanzas.get(i) + " is twice among the readers of block " + block);
            }
        }
        byte[] body = BlockEnvelope.signedBody(block, author.verifyKey(), sequence, stanzas);
        return new BlockEnvelope(
                network,
                block,
                author.verifyKey(),
                sequence,
                stanzas,
                author.sign(BlockEnvelope.signingTag(), network, body));
    }

    private static void requireRoom(int stanzas) {
        if (stanzas < 1 || stanzas > BlockEnvelope.MAX_STANZAS) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "An envelope has 1.." + BlockEnvelope.MAX_STANZAS + " recipients and groups, asked for " + stanzas
                            + ". Put more readers into a group");
        }
    }
}
