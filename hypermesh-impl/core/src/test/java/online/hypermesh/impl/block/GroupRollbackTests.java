package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group as it was before somebody was removed, offered again as if it were the present one. */
class GroupRollbackTests {
    private final Author author = new Author();
    private final RecipientKey anna = RecipientKey.generate(author.random);
    private final RecipientKey ben = RecipientKey.generate(author.random);
    private final GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "readers", author.random);
    private final GroupKey oldKey = owner.newKey(0);
    private final GroupEpoch withBen = owner.publish(oldKey, List.of(anna.publicKey(), ben.publicKey()));
    private final GroupKey nextKey = owner.newKey(1);
    private final GroupEpoch withoutBen = owner.publish(nextKey, List.of(anna.publicKey()));
    private final FreshBlock fresh = author.sealer.seal(BlockDraft.first(Author.CHAIN, 7, Codec.NONE), new byte[3]);

    @TempDir
    Path dir;

    private GroupMemory create() {
        return GroupMemory.create(dir.resolve("memory"), Author.NETWORK, author.key);
    }

    private GroupMemory reopen() {
        return GroupMemory.open(dir.resolve("memory"), Author.NETWORK, author.key);
    }

    @Test
    void anEpochThatIsOverIsRefusedAlsoAfterARestart() {
        try (GroupMemory memory = create();
                KeyRing keys = new KeyRing(anna, memory)) {
            keys.join(withBen);
            keys.join(withoutBen);
            Author.refused(Code.ROLLED_BACK, () -> keys.join(withBen));
        }
        try (GroupMemory memory = reopen();
                KeyRing keys = new KeyRing(anna, memory)) {
            Author.refused(Code.ROLLED_BACK, () -> keys.join(withBen));
            assertThat(keys.present(owner.group())).isEmpty();
            keys.join(withoutBen);
            assertThat(keys.present(owner.group()).orElseThrow().epoch()).isEqualTo(1);
        }
    }

    @Test
    void anOlderEditionOfThePresentEpochIsRefused() {
        RecipientKey carl = RecipientKey.generate(author.random);
        GroupEpoch wider = owner.add(withoutBen, nextKey, carl.publicKey());
        try (KeyRing keys = new KeyRing(anna)) {
            keys.join(wider);
            Author.refused(Code.ROLLED_BACK, () -> keys.join(withoutBen));
            keys.join(wider);
        }
        Author.refused(Code.ROLLED_BACK, () -> owner.add(withoutBen, nextKey, carl.publicKey()));
        Author.refused(Code.ROLLED_BACK, () -> owner.add(withBen, oldKey, carl.publicKey()));
    }

    @Test
    void nothingNewIsSealedToAnEpochThatIsOver() {
        GroupMemory memory = GroupMemory.untilClosed();
        EnvelopeAuthor envelopes = new EnvelopeAuthor(Author.NETWORK, author.key, author.random, memory);
        envelopes.seal(fresh, List.of(), List.of(oldKey));
        memory.admit(withoutBen);
        Author.refused(Code.ROLLED_BACK, () -> envelopes.seal(fresh, List.of(), List.of(oldKey)));
        BlockEnvelope present = envelopes.seal(fresh, List.of(), List.of(nextKey));
        Author.refused(Code.ROLLED_BACK, () -> envelopes.add(present, fresh.dataKey(), oldKey));
        GroupKey other = new GroupOwner(Author.NETWORK, author.key, "readers", author.random).newKey(1);
        Author.refused(Code.CONFLICT, () -> envelopes.seal(fresh, List.of(), List.of(other)));
    }

    @Test
    void pastEpochsAreReadAndNeverThePresentOne() {
        BlockEnvelope before = author.envelopes.seal(fresh, List.of(), List.of(oldKey));
        try (KeyRing keys = new KeyRing(anna)) {
            Author.refused(Code.NOT_FOUND, () -> keys.joinPast(withBen));
            keys.join(withoutBen);
            Author.refused(Code.DENIED, () -> author.opener.open(Author.bytes(fresh.block()), before, keys));
            keys.joinPast(withBen);
            try (OpenedBlock opened = author.opener.open(Author.bytes(fresh.block()), before, keys)) {
                assertThat(opened.readAll()).hasSize(3);
            }
            try (GroupKey present = keys.present(owner.group()).orElseThrow()) {
                assertThat(present.epoch()).isEqualTo(1);
                author.envelopes.seal(fresh, List.of(), List.of(present));
            }
            assertThat(keys.present(owner.group())).isPresent();
        }
    }

    @Test
    void whoIsRemovedHasNoPresentKeyEvenIfOfferedTheOldEpochAgain() {
        try (KeyRing keys = new KeyRing(ben)) {
            keys.join(withBen);
            assertThat(keys.present(owner.group())).isPresent();
            Author.refused(Code.DENIED, () -> keys.join(withoutBen));
            assertThat(keys.present(owner.group())).isEmpty();
            Author.refused(Code.ROLLED_BACK, () -> keys.join(withBen));
        }
    }

    @Test
    void anOwnerNeitherRepeatsAnEpochNorSignsTwoEditionsOfOneNumber() {
        try (GroupMemory memory = create()) {
            GroupOwner careful = new GroupOwner(Author.NETWORK, author.key, "careful", author.random, memory);
            GroupKey key = careful.newKey(4);
            careful.publish(key, List.of(anna.publicKey()));
            Author.refused(Code.CONFLICT, () -> careful.publish(key, List.of(ben.publicKey())));
        }
        try (GroupMemory memory = reopen()) {
            GroupOwner careful = new GroupOwner(Author.NETWORK, author.key, "careful", author.random, memory);
            Author.refused(Code.ROLLED_BACK, () -> careful.newKey(4));
            Author.refused(Code.ROLLED_BACK, () -> careful.newKey(3));
            assertThat(careful.newKey(5).epoch()).isEqualTo(5);
        }
    }

    @Test
    void forgeriesAreNotRemembered() {
        GroupEpoch forged = new GroupEpoch(
                withBen.network(),
                withBen.owner(),
                withBen.name(),
                99,
                0,
                withBen.keyCommitment(),
                withBen.members(),
                withBen.signature());
        try (KeyRing keys = new KeyRing(anna)) {
            Author.refused(Code.INVALID_SIGNATURE, () -> keys.join(forged));
            keys.join(withBen);
            Author.refused(Code.INVALID_SIGNATURE, () -> keys.joinPast(forged));
        }
    }

    @Test
    void aChangedMissingOrForeignMemoryIsRefused() throws IOException {
        Path file = dir.resolve("memory").resolve("groups");
        Author.refused(Code.NOT_FOUND, this::reopen);
        try (GroupMemory memory = create()) {
            memory.admit(withoutBen);
            Author.refused(Code.LOCKED, this::reopen);
        }
        Author.refused(Code.CONFLICT, this::create);
        byte[] valid = Files.readAllBytes(file);
        for (int i = 0; i < valid.length; i++) {
            byte[] changed = valid.clone();
            changed[i] ^= 1;
            Files.write(file, changed);
            try (GroupMemory memory = reopen()) {
                throw new AssertionError("took a memory with byte " + i + " changed: " + memory);
            } catch (HypermeshException e) {
                assertThat(e.code()).isIn(Code.MALFORMED, Code.WRONG_NETWORK, Code.INVALID_SIGNATURE);
            }
        }
        Files.write(file, Arrays.copyOf(valid, valid.length - 1));
        Author.refused(Code.MALFORMED, this::reopen);
        Files.write(file, new byte[1 << 20]);
        Author.refused(Code.MALFORMED, this::reopen);
        Files.write(file, valid);
        SigningKey stranger = SigningKey.generate(author.random);
        Author.refused(Code.INVALID_SIGNATURE, () -> GroupMemory.open(dir.resolve("memory"), Author.NETWORK, stranger));
        NetworkId abroad = new NetworkId(Digest.ZERO);
        Author.refused(Code.WRONG_NETWORK, () -> GroupMemory.open(dir.resolve("memory"), abroad, author.key));
        reopen().close();
    }

    @Test
    void whatCouldNotBeWrittenWasNotSeen() throws IOException {
        try (GroupMemory memory = create();
                KeyRing keys = new KeyRing(anna, memory)) {
            Path obstacle = Files.createDirectory(dir.resolve("memory").resolve("groups.new"));
            Author.refused(Code.STORAGE_FAILED, () -> keys.join(withoutBen));
            assertThat(keys.present(owner.group())).isEmpty();
            Files.delete(obstacle);
            keys.join(withBen);
            keys.join(withoutBen);
        }
    }
}
