package online.hypermesh.impl.block;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.impl.seal.KeyWrap;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/** A reader's key and the groups it belongs to. Thread-safe. */
public final class KeyRing implements AutoCloseable {
    /** Most epochs of groups held. */
    public static final int MAX_EPOCHS = 4096;

    private record EpochId(Digest group, long epoch) {}

    private final RecipientKey recipient;
    private final GroupMemory memory;
    private final Map<EpochId, GroupKey> groups = new HashMap<>();

    /**
     * A ring without groups that remembers their epochs as long as it lives.
     *
     * @param recipient the reader's key; stays the caller's
     */
    public KeyRing(RecipientKey recipient) {
        this(recipient, GroupMemory.untilClosed());
    }

    /**
     * A ring without groups.
     *
     * @param recipient the reader's key; stays the caller's
     * @param memory which epochs were seen; stays the caller's
     */
    public KeyRing(RecipientKey recipient, GroupMemory memory) {
        this.recipient = recipient;
        this.memory = memory;
    }

    /**
     * Takes up the key of a group's present epoch. The caller has decided that the group concerns it; the group's id says
     * whose it is. An edition that the owner signed counts as seen even when this reader is not in it.
     *
     * @param epoch the epoch
     * @throws HypermeshException INVALID_SIGNATURE; ROLLED_BACK when a newer edition was seen; DENIED when this reader is no
     *     member, or the owner wrapped another key than the epoch commits to; CONFLICT when the owner signed another key for
     *     the same epoch; LIMIT_EXCEEDED; STORAGE_FAILED
     */
    public void join(GroupEpoch epoch) {
        memory.admit(epoch);
        take(epoch);
    }

    /**
     * Takes up the key of an epoch that may be over, to read blocks that were sealed to it. It never becomes the group's
     * {@linkplain #present present} key.
     *
     * @param epoch an epoch no newer than one that was seen
     * @throws HypermeshException as {@link #join}; NOT_FOUND when no epoch as new as this was seen: join the present one first
     */
    public void joinPast(GroupEpoch epoch) {
        if (epoch.verify() instanceof Verdict.Rejected rejected) {
            throw new HypermeshException(rejected.code(), Retry.NEVER, rejected.detail());
        }
        if (epoch.epoch() > memory.newest(epoch.group())) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.NEVER,
                    "No epoch as new as " + epoch.epoch() + " of group " + epoch.group()
                            + " was seen. Join its present one first");
        }
        take(epoch);
    }

    /**
     * The key to seal new blocks to a group with.
     *
     * @param group the group's id
     * @return the key of the newest epoch seen, to be closed by the caller; empty when none was seen, or this reader is not
     *     in it
     */
    public synchronized Optional<GroupKey> present(Digest group) {
        GroupKey held = groups.get(new EpochId(group, memory.newest(group)));
        return held == null ? Optional.empty() : Optional.of(held.copy());
    }

    private void take(GroupEpoch epoch) {
        Digest group = epoch.group();
        byte[] info = MemberStanzas.memberInfo(epoch.network(), group, epoch.epoch());
        SecretBytes secret = unwrap(epoch.members(), info)
                .orElseThrow(() -> new HypermeshException(
                        Code.DENIED,
                        Retry.NEVER,
                        recipient.publicKey() + " is no member of group " + group + " in epoch " + epoch.epoch()
                                + ". Ask its owner to add you"));
        GroupKey key = new GroupKey(group, epoch.epoch(), secret);
        if (!key.commitment().equals(epoch.keyCommitment())) {
            key.close();
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    "The owner of group " + group + " wrapped another key than epoch " + epoch.epoch()
                            + " commits to. Do not trust the group");
        }
        hold(key);
    }

    private synchronized void hold(GroupKey key) {
        EpochId id = new EpochId(key.group(), key.epoch());
        GroupKey held = groups.get(id);
        if (held != null) {
            boolean same = held.commitment().equals(key.commitment());
            key.close();
            if (!same) {
                throw new HypermeshException(
                        Code.CONFLICT,
                        Retry.NEVER,
                        "The owner of group " + key.group() + " signed two keys for epoch " + key.epoch()
                                + ". Do not trust the group");
            }
            return;
        }
        if (groups.size() >= MAX_EPOCHS) {
            key.close();
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "The ring holds " + groups.size() + " epochs of groups, limit " + MAX_EPOCHS + ". Use another one");
        }
        groups.put(id, key);
    }

    /**
     * Unwraps a block's data key. The caller has checked the envelope's signature.
     *
     * @param envelope the block's envelope
     * @return the data key, which the caller destroys
     * @throws HypermeshException DENIED when no stanza is for this reader, or the one that is does not open
     */
    public SecretBytes open(BlockEnvelope envelope) {
        NetworkId network = envelope.network();
        Digest block = envelope.block();
        List<KeyStanza.ForRecipient> single = envelope.stanzas().stream()
                .filter(KeyStanza.ForRecipient.class::isInstance)
                .map(KeyStanza.ForRecipient.class::cast)
                .toList();
        Optional<SecretBytes> own = unwrap(single, MemberStanzas.blockInfo(network, block));
        if (own.isPresent()) {
            return own.get();
        }
        for (KeyStanza stanza : envelope.stanzas()) {
            if (stanza instanceof KeyStanza.ForGroup g) {
                Optional<GroupKey> key = groupKey(g);
                if (key.isPresent()) {
                    return openAsMember(key.get(), network, block, g);
                }
            }
        }
        throw new HypermeshException(
                Code.DENIED,
                Retry.NEVER,
                recipient.publicKey() + " is not among the readers of block " + block
                        + ", by itself or by a group it has joined. Ask its author to add you");
    }

    private synchronized Optional<GroupKey> groupKey(KeyStanza.ForGroup stanza) {
        return Optional.ofNullable(groups.get(new EpochId(stanza.group(), stanza.epoch())));
    }

    private static SecretBytes openAsMember(GroupKey key, NetworkId network, Digest block, KeyStanza.ForGroup stanza) {
        try {
            return key.unwrap(network, block, stanza);
        } catch (HypermeshException e) {
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    stanza + " of block " + block + " does not open with that epoch's key",
                    e);
        }
    }

    private Optional<SecretBytes> unwrap(List<KeyStanza.ForRecipient> stanzas, byte[] info) {
        byte[] hint = recipient.publicKey().hint();
        for (KeyStanza.ForRecipient stanza : stanzas) {
            if (Arrays.equals(hint, stanza.hint())) {
                return Optional.of(KeyWrap.unwrap(recipient, info, stanza.encapsulation(), stanza.wrapped())
                        .orElseThrow(() -> new HypermeshException(
                                Code.DENIED,
                                Retry.NEVER,
                                "The stanza marked for " + recipient.publicKey() + " does not open with its key")));
            }
        }
        return Optional.empty();
    }

    /** Wipes the keys of groups; idempotent. */
    @Override
    public synchronized void close() {
        groups.values().forEach(GroupKey::close);
        groups.clear();
    }
}
