package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.error.Code;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

/** Who can read a block, and who cannot. */
class BlockReaderTests {
    private static final byte[] PLAIN = {1, 2, 3};

    private final Author author = new Author();
    private final RecipientKey anna = RecipientKey.generate(author.random);
    private final RecipientKey ben = RecipientKey.generate(author.random);
    private final FreshBlock fresh = author.sealer.seal(BlockDraft.first(Author.CHAIN, 7, Codec.NONE), PLAIN);
    private final ArrayBytes bytes = Author.bytes(fresh.block());

    private BlockEnvelope toAnna() {
        return author.envelopes.seal(fresh, List.of(anna.publicKey()));
    }

    private void reads(BlockEnvelope envelope, KeyRing keys) {
        try (OpenedBlock opened = author.opener.open(bytes, envelope, keys)) {
            assertThat(opened.readAll()).isEqualTo(PLAIN);
        }
    }

    private void denied(BlockEnvelope envelope, KeyRing keys) {
        Author.refused(Code.DENIED, () -> author.opener.open(bytes, envelope, keys));
    }

    @Test
    void aRecipientIsAddedWithoutTouchingBodyOrId() {
        BlockEnvelope first = toAnna();
        denied(first, new KeyRing(ben));
        BlockEnvelope second = author.envelopes.add(first, fresh.dataKey(), ben.publicKey());
        reads(second, new KeyRing(anna));
        reads(second, new KeyRing(ben));
        assertThat(second.block()).isEqualTo(first.block());
        assertThat(second.stanzas()).containsAll(first.stanzas());
        assertThat(second.replaces(first).accepted()).isTrue();
        assertThat(first.replaces(second).accepted()).isFalse();
        assertThat(second.replaces(second).accepted()).isFalse();
    }

    @Test
    void aRemovedRecipientIsDeniedByTheNextEnvelope() {
        BlockEnvelope both = author.envelopes.add(toAnna(), fresh.dataKey(), ben.publicKey());
        BlockEnvelope without = author.envelopes.remove(both, ben.publicKey());
        assertThat(without.replaces(both).accepted()).isTrue();
        reads(without, new KeyRing(anna));
        denied(without, new KeyRing(ben));
        Author.refused(Code.NOT_FOUND, () -> author.envelopes.remove(without, ben.publicKey()));
        Author.refused(Code.LIMIT_EXCEEDED, () -> author.envelopes.remove(without, anna.publicKey()));
    }

    @Test
    void forgedMovedAndForeignEnvelopesAreRefused() {
        BlockEnvelope e = toAnna();
        KeyRing keys = new KeyRing(anna);
        BlockEnvelope replayed = new BlockEnvelope(e.network(), e.block(), e.author(), 5, e.stanzas(), e.signature());
        Author.refused(Code.INVALID_SIGNATURE, () -> author.opener.open(bytes, replayed, keys));
        assertThat(replayed.replaces(e).accepted()).isFalse();
        Author stranger = new Author();
        BlockEnvelope theirs = stranger.envelopes.seal(fresh, List.of(anna.publicKey()));
        assertThat(theirs.verify().accepted()).isTrue();
        Author.refused(Code.INVALID_SIGNATURE, () -> author.opener.open(bytes, theirs, keys));
        FreshBlock other = author.sealer.seal(BlockDraft.first(Author.CHAIN, 8, Codec.NONE), PLAIN);
        BlockEnvelope others = author.envelopes.seal(other, List.of(anna.publicKey()));
        Author.refused(Code.CONFLICT, () -> author.opener.open(bytes, others, keys));
        NetworkId abroad = new NetworkId(Digest.ZERO);
        BlockEnvelope elsewhere =
                new EnvelopeAuthor(abroad, author.key, author.random).seal(fresh, List.of(anna.publicKey()));
        Author.refused(Code.CONFLICT, () -> author.opener.open(bytes, elsewhere, keys));
        assertThatThrownBy(() -> stranger.envelopes.add(e, fresh.dataKey(), ben.publicKey()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The author signs what a thief asks for: still a stanza opens for its own block and recipient only. */
    @Test
    void aStanzaTakenFromAnotherBlockDoesNotOpen() {
        FreshBlock other = author.sealer.seal(BlockDraft.first(Author.CHAIN, 8, Codec.NONE), PLAIN);
        List<KeyStanza> stolen =
                author.envelopes.seal(other, List.of(anna.publicKey())).stanzas();
        denied(signed(fresh.block().id(), stolen), new KeyRing(anna));
        GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "g", author.random);
        GroupKey key = owner.newKey(0);
        KeyRing member = new KeyRing(ben);
        member.join(owner.publish(key, List.of(ben.publicKey())));
        List<KeyStanza> groups =
                author.envelopes.seal(other, List.of(), List.of(key)).stanzas();
        denied(signed(fresh.block().id(), groups), member);
    }

    private BlockEnvelope signed(Digest block, List<KeyStanza> stanzas) {
        return new BlockEnvelope(
                Author.NETWORK,
                block,
                author.key.verifyKey(),
                0,
                stanzas,
                author.key.sign(
                        BlockEnvelope.signingTag(),
                        Author.NETWORK,
                        BlockEnvelope.signedBody(block, author.key.verifyKey(), 0, stanzas)));
    }

    @Test
    void aReaderWhoIsGivenAnotherKeyThanTheOthersIsDenied() {
        FreshBlock split = new FreshBlock(fresh.block(), Author.secret(77));
        denied(author.envelopes.seal(split, List.of(anna.publicKey())), new KeyRing(anna));
    }

    @Test
    void stanzasNameNobodyTwiceAndAreOrdered() {
        Author.refused(Code.CONFLICT, () -> author.envelopes.seal(fresh, List.of(anna.publicKey(), anna.publicKey())));
        Author.refused(Code.CONFLICT, () -> author.envelopes.add(toAnna(), fresh.dataKey(), anna.publicKey()));
        BlockEnvelope e = author.envelopes.add(toAnna(), fresh.dataKey(), ben.publicKey());
        List<KeyStanza> reversed = new ArrayList<>(e.stanzas());
        Collections.reverse(reversed);
        List<KeyStanza> twice = List.of(e.stanzas().get(0), e.stanzas().get(0));
        for (List<KeyStanza> wrong : List.of(reversed, twice)) {
            assertThatThrownBy(() -> signed(e.block(), wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void thirtyTwoRecipientsAreTheMost() {
        List<RecipientPublicKey> many = new ArrayList<>();
        for (int i = 0; i < 33; i++) {
            many.add(anna.publicKey());
        }
        Author.refused(Code.LIMIT_EXCEEDED, () -> author.envelopes.seal(fresh, many));
        Author.refused(Code.LIMIT_EXCEEDED, () -> author.envelopes.seal(fresh, List.of()));
        List<KeyStanza> stanzas = new ArrayList<>();
        for (int i = 0; i < 33; i++) {
            byte[] hint = {(byte) i, 0, 0, 0, 0, 0, 0, 0};
            stanzas.add(new KeyStanza.ForRecipient(hint, new byte[1120], new byte[48]));
        }
        assertThatThrownBy(() -> signed(fresh.block().id(), stanzas)).isInstanceOf(IllegalArgumentException.class);
        stanzas.remove(32);
        BlockEnvelope full = signed(fresh.block().id(), stanzas);
        assertThat(full.encode()).hasSizeLessThanOrEqualTo(BlockEnvelope.MAX_BYTES);
        Author.refused(Code.LIMIT_EXCEEDED, () -> author.envelopes.add(full, fresh.dataKey(), ben.publicKey()));
    }

    @Test
    void bytesThatAreNoPublicKeyAreRefusedAndAHostileShareOpensNothing() {
        byte[] small = anna.publicKey().toBytes();
        Arrays.fill(small, 1184, 1216, (byte) 0);
        byte[] large = anna.publicKey().toBytes();
        Arrays.fill(large, 0, 300, (byte) 0xff);
        for (byte[] wrong : List.of(small, large)) {
            Author.refused(Code.MALFORMED, () -> author.envelopes.seal(fresh, List.of(RecipientPublicKey.of(wrong))));
        }
        KeyStanza.ForRecipient honest =
                (KeyStanza.ForRecipient) toAnna().stanzas().get(0);
        byte[] encapsulation = honest.encapsulation();
        Arrays.fill(encapsulation, 1088, 1120, (byte) 0);
        KeyStanza hostile = new KeyStanza.ForRecipient(honest.hint(), encapsulation, honest.wrapped());
        denied(signed(fresh.block().id(), List.of(hostile)), new KeyRing(anna));
    }

    @Test
    void membersOfAGroupReadByOneSmallStanza() {
        GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "readers", author.random);
        try (GroupKey key = owner.newKey(0);
                KeyRing annas = new KeyRing(anna);
                KeyRing bens = new KeyRing(ben)) {
            List<RecipientPublicKey> members = new ArrayList<>();
            for (int i = 0; i < 33; i++) {
                members.add(RecipientKey.generate(author.random).publicKey());
            }
            members.add(anna.publicKey());
            GroupEpoch edition = GroupEpoch.decode(owner.publish(key, members).encode());
            annas.join(edition);
            annas.join(edition);
            Author.refused(Code.DENIED, () -> bens.join(edition));
            BlockEnvelope envelope = author.envelopes.seal(fresh, List.of(), List.of(key));
            assertThat(envelope.encode()).hasSizeLessThan(400);
            reads(envelope, annas);
            denied(envelope, bens);

            GroupEpoch wider = owner.add(edition, key, ben.publicKey());
            assertThat(wider.sequence()).isEqualTo(1);
            bens.join(wider);
            reads(envelope, bens);
            Author.refused(Code.CONFLICT, () -> owner.add(wider, key, ben.publicKey()));
        }
    }

    @Test
    void whoIsRemovedFromAGroupReadsNothingOfTheNextEpoch() {
        GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "readers", author.random);
        GroupKey old = owner.newKey(0);
        GroupKey next = owner.newKey(1);
        GroupEpoch first = owner.publish(old, List.of(anna.publicKey(), ben.publicKey()));
        GroupEpoch second = owner.publish(next, List.of(anna.publicKey()));
        KeyRing annas = new KeyRing(anna);
        annas.join(first);
        annas.join(second);
        KeyRing bens = new KeyRing(ben);
        bens.join(first);
        Author.refused(Code.DENIED, () -> bens.join(second));
        BlockEnvelope envelope = author.envelopes.seal(fresh, List.of(), List.of(next));
        reads(envelope, annas);
        denied(envelope, bens);
        BlockEnvelope before = author.envelopes.seal(fresh, List.of(), List.of(old));
        reads(author.envelopes.add(before, fresh.dataKey(), next), bens);
        BlockEnvelope without =
                author.envelopes.remove(author.envelopes.add(before, fresh.dataKey(), anna.publicKey()), owner.group());
        reads(without, annas);
        denied(without, bens);
        Author.refused(
                Code.CONFLICT,
                () -> owner.add(
                        first, next, RecipientKey.generate(author.random).publicKey()));
    }

    @Test
    void groupsForgedByOthersOrSplitByTheirOwnerAreRefused() {
        GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "readers", author.random);
        GroupEpoch epoch = owner.publish(owner.newKey(0), List.of(anna.publicKey()));
        KeyRing keys = new KeyRing(anna);
        GroupEpoch forged = new GroupEpoch(
                epoch.network(),
                epoch.owner(),
                epoch.name(),
                epoch.epoch() + 1,
                epoch.sequence(),
                epoch.keyCommitment(),
                epoch.members(),
                epoch.signature());
        Author.refused(Code.INVALID_SIGNATURE, () -> keys.join(forged));
        Digest lie = Digest.sha256(PLAIN);
        byte[] body = GroupEpoch.signedBody(epoch.owner(), epoch.name(), 0, 0, lie, epoch.members());
        GroupEpoch split = new GroupEpoch(
                epoch.network(),
                epoch.owner(),
                epoch.name(),
                0,
                0,
                lie,
                epoch.members(),
                author.key.sign(GroupEpoch.signingTag(), Author.NETWORK, body));
        Author.refused(Code.DENIED, () -> keys.join(split));
        Author.refused(Code.CONFLICT, () -> keys.join(epoch));
        KeyRing others = new KeyRing(anna);
        others.join(epoch);
        GroupOwner forgetful = new GroupOwner(Author.NETWORK, author.key, "readers", author.random);
        GroupEpoch again = forgetful.publish(forgetful.newKey(0), List.of(anna.publicKey()));
        Author.refused(Code.CONFLICT, () -> others.join(again));
        GroupOwner stranger = new GroupOwner(Author.NETWORK, new Author().key, "readers", author.random);
        assertThat(stranger.group()).isNotEqualTo(owner.group());
        Author.refused(Code.CONFLICT, () -> stranger.publish(owner.newKey(1), List.of(anna.publicKey())));
    }

    @Test
    void closedKeysOpenNothing() {
        KeyRing keys = new KeyRing(anna);
        GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "g", author.random);
        GroupKey key = owner.newKey(0);
        keys.join(owner.publish(key, List.of(anna.publicKey())));
        keys.close();
        denied(author.envelopes.seal(fresh, List.of(), List.of(key)), keys);
        key.close();
        assertThatThrownBy(() -> author.envelopes.seal(fresh, List.of(), List.of(key)))
                .isInstanceOf(IllegalStateException.class);
    }
}
