package online.hypermesh.impl.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import online.hypermesh.api.block.BlockEnvelope;
import online.hypermesh.api.block.Disclosure;
import online.hypermesh.api.block.GroupEpoch;
import online.hypermesh.api.block.HeaderExtension;
import online.hypermesh.api.block.OpenedBlock;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.junit.jupiter.api.Test;

/** Damaged bytes get a typed refusal from every decoder. More rounds: {@code -Dhypermesh.fuzz.rounds=1000000}. */
class BlockFuzzTests {
    private static final int ROUNDS = Integer.getInteger("hypermesh.fuzz.rounds", 900);

    private final Author author = new Author();
    private final RecipientKey anna = RecipientKey.generate(author.random);
    private final GroupOwner owner = new GroupOwner(Author.NETWORK, author.key, "größe", author.random);
    private final GroupKey group = owner.newKey(3);
    private final FreshBlock fresh = author.sealer.seal(
            BlockDraft.first(Author.CHAIN, 7, Codec.BROTLI)
                    .withDisclosure()
                    .withExtensions(List.of(
                            new HeaderExtension(1, false, new byte[30]), new HeaderExtension(2, false, new byte[0]))),
            Vectors.counted(1000));

    private static byte[] mutated(byte[] valid, SplittableRandom random) {
        byte[] bytes = valid.clone();
        switch (random.nextInt(5)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
            case 2 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            case 3 -> {
                // where the heads are
                bytes[random.nextInt(Math.min(bytes.length, 80))] = (byte) random.nextInt();
            }
            default -> {
                for (int i = 1 + random.nextInt(4); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return bytes;
    }

    /** The decoder takes the valid bytes; of the damaged ones it takes what it would write again, and refuses the rest. */
    private static void fuzz(byte[] valid, int rounds, UnaryOperator<byte[]> again) {
        assertThat(again.apply(valid)).isEqualTo(valid);
        SplittableRandom random = new SplittableRandom(11);
        int refused = 0;
        for (int i = 0; i < rounds; i++) {
            byte[] bytes = mutated(valid, random);
            try {
                assertThat(again.apply(bytes)).as("canonical").isEqualTo(bytes);
            } catch (HypermeshException e) {
                assertThat(e.code()).isEqualTo(Code.MALFORMED);
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void headers() {
        fuzz(
                fresh.block().header().encode(),
                ROUNDS,
                b -> SealedHeader.decode(b).encode());
    }

    @Test
    void envelopes() {
        BlockEnvelope envelope = author.envelopes.seal(fresh, List.of(anna.publicKey()), List.of(group));
        fuzz(envelope.encode(), ROUNDS, b -> BlockEnvelope.decode(b).encode());
    }

    @Test
    void epochsOfGroups() {
        fuzz(
                owner.publish(group, List.of(anna.publicKey())).encode(),
                ROUNDS,
                b -> GroupEpoch.decode(b).encode());
    }

    @Test
    void disclosures() {
        try (OpenedBlock opened = author.opener.open(Author.bytes(fresh.block()), fresh.dataKey())) {
            fuzz(opened.disclose(0).encode(), ROUNDS, b -> Disclosure.decode(b).encode());
        }
    }

    @Test
    void blocks() {
        byte[] valid = fresh.block().encode();
        SplittableRandom random = new SplittableRandom(12);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = mutated(valid, random);
            try (OpenedBlock opened = author.opener.open(new ArrayBytes(bytes), fresh.dataKey())) {
                opened.readAll();
                assertThat(bytes).isEqualTo(valid);
            } catch (HypermeshException e) {
                assertThat(e.code())
                        .isIn(
                                Code.MALFORMED,
                                Code.CORRUPTED,
                                Code.DENIED,
                                Code.WRONG_NETWORK,
                                Code.INVALID_SIGNATURE,
                                Code.LIMIT_EXCEEDED);
            }
        }
    }

    /** Signed, committed and encrypted properly, so that the damage reaches the innermost decoder. */
    @Test
    void whatLiesInsideTheEncryption() {
        byte[] plain = new byte[3000];
        Arrays.fill(plain, 500, 2500, (byte) 7);
        byte[] valid = Frames.encode(Codec.BROTLI, plain);
        SplittableRandom random = new SplittableRandom(13);
        int refused = 0;
        try (SecretBytes key = Author.secret(1)) {
            for (int i = 0; i < ROUNDS / 3; i++) {
                byte[] inner = mutated(valid, random);
                if (inner.length < SealedHeader.MIN_PADDED_BYTES) {
                    continue;
                }
                SealedBlock block = author.sealInner(inner, key);
                try (OpenedBlock opened = author.opener.open(Author.bytes(block), key)) {
                    assertThat(opened.readAll()).hasSize(opened.length());
                } catch (HypermeshException e) {
                    assertThat(e.code()).isIn(Code.MALFORMED, Code.CORRUPTED, Code.LIMIT_EXCEEDED);
                    refused++;
                }
            }
        }
        assertThat(refused).isPositive();
    }
}
