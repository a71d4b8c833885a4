package online.hypermesh.impl.block;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/** Says who belongs to a group: makes its epochs and their editions. Thread-safe as its key and randomness are. */
public final class GroupOwner {
    private final NetworkId network;
    private final SigningKey owner;
    private final String name;
    private final Digest group;
    private final SecureRandom random;
    private final GroupMemory memory;

    /**
     * The owner of a group who remembers its epochs as long as the object lives.
     *
     * @param network the network
     * @param owner who signs the group's epochs
     * @param name what the owner calls it, 1..{@link GroupEpoch#MAX_NAME_BYTES} bytes of UTF-8
     * @param random for keys
     */
    public GroupOwner(NetworkId network, SigningKey owner, String name, SecureRandom random) {
        this(network, owner, name, random, GroupMemory.untilClosed());
    }

    /**
     * The owner of a group.
     *
     * @param network the network
     * @param owner who signs the group's epochs
     * @param name what the owner calls it, 1..{@link GroupEpoch#MAX_NAME_BYTES} bytes of UTF-8
     * @param random for keys
     * @param memory which editions were published; stays the caller's
     */
    public GroupOwner(NetworkId network, SigningKey owner, String name, SecureRandom random, GroupMemory memory) {
        this.memory = memory;
        this.network = network;
        this.owner = owner;
        this.name = name;
        this.group = GroupEpoch.groupId(network, owner.verifyKey(), name);
        this.random = random;
    }

    /**
     * The group's id.
     *
     * @return {@link GroupEpoch#group()}
     */
    public Digest group() {
        return group;
    }

    /**
     * A fresh key for an epoch. Somebody is removed by a new epoch that is published without them.
     *
     * @param epoch one more than the last
     * @return the key; its owner wraps blocks under it
     * @throws HypermeshException ROLLED_BACK when an edition of this epoch, or of a later one, was published
     */
    public GroupKey newKey(long epoch) {
        if (epoch < 0) {
            throw new IllegalArgumentException("epoch must be >= 0, was " + epoch);
        }
        memory.requireNew(group, epoch);
        byte[] secret = new byte[BlockKeys.DATA_KEY_BYTES];
        random.nextBytes(secret);
        GroupKey key = new GroupKey(group, epoch, SecretBytes.copyOf(secret));
        Arrays.fill(secret, (byte) 0);
        return key;
    }

    /**
     * The first edition of an epoch.
     *
     * @param key the epoch's key
     * @param members 1..{@link GroupEpoch#MAX_MEMBERS}, nobody twice
     * @return an edition of sequence number 0
     * @throws HypermeshException LIMIT_EXCEEDED, CONFLICT for somebody twice or an edition that was published with other
     *     members, MALFORMED for bytes that are no public key, ROLLED_BACK for an epoch that is over, STORAGE_FAILED
     */
    public GroupEpoch publish(GroupKey key, List<RecipientPublicKey> members) {
        requireRoom(members.size());
        List<KeyStanza.ForRecipient> stanzas = new ArrayList<>();
        for (RecipientPublicKey member : members) {
            stanzas.add(stanza(key, member));
        }
        return sign(key, 0, stanzas);
    }

    /**
     * The next edition of an epoch, with one more member, who can then read all blocks of the epoch.
     *
     * @param edition the newest edition
     * @param key the epoch's key
     * @param member whom to add
     * @return an edition of the next sequence number
     * @throws HypermeshException LIMIT_EXCEEDED, CONFLICT for somebody twice or another epoch's key, MALFORMED,
     *     INVALID_SIGNATURE, ROLLED_BACK when the edition is not the newest, STORAGE_FAILED
     */
    public GroupEpoch add(GroupEpoch edition, GroupKey key, RecipientPublicKey member) {
        requireRoom(edition.members().size() + 1);
        if (!edition.group().equals(group)
                || edition.epoch() != key.epoch()
                || !edition.keyCommitment().equals(key.commitment())) {
            throw new HypermeshException(
                    Code.CONFLICT, Retry.NEVER, key + " is not the key of epoch " + edition.epoch() + " of " + group);
        }
        memory.admit(edition);
        List<KeyStanza.ForRecipient> stanzas = new ArrayList<>(edition.members());
        stanzas.add(stanza(key, member));
        return sign(key, Math.addExact(edition.sequence(), 1), stanzas);
    }

    private KeyStanza.ForRecipient stanza(GroupKey key, RecipientPublicKey member) {
        if (!key.group().equals(group)) {
            throw new HypermeshException(Code.CONFLICT, Retry.NEVER, key + " is of another group than " + group);
        }
        return MemberStanzas.wrap(member, MemberStanzas.memberInfo(network, group, key.epoch()), key.secret(), random);
    }

    private GroupEpoch sign(GroupKey key, long sequence, List<KeyStanza.ForRecipient> members) {
        members.sort(KeyStanza::compare);
        for (int i = 1; i < members.size(); i++) {
            if (KeyStanza.compare(members.get(i - 1), members.get(i)) == 0) {
                throw new HypermeshException(
                        Code.CONFLICT, Retry.NEVER, members.get(i) + " is twice among the members of " + group);
            }
        }
        Digest commitment = key.commitment();
        byte[] body = GroupEpoch.signedBody(owner.verifyKey(), name, key.epoch(), sequence, commitment, members);
        GroupEpoch edition = new GroupEpoch(
                network,
                owner.verifyKey(),
                name,
                key.epoch(),
                sequence,
                commitment,
                members,
                owner.sign(GroupEpoch.signingTag(), network, body));
        memory.admit(edition);
        return edition;
    }

    private static void requireRoom(int members) {
        if (members < 1 || members > GroupEpoch.MAX_MEMBERS) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "A group has 1.." + GroupEpoch.MAX_MEMBERS + " members, asked for " + members
                            + ". Seal to several groups");
        }
    }
}
