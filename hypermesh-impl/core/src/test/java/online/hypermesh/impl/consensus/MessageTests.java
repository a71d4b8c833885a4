package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import online.hypermesh.api.consensus.Certificate.IndexedSignature;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Signature;
import org.junit.jupiter.api.Test;

class MessageTests {
    private static Map<String, Message> samples() {
        Map<String, Message> m = new LinkedHashMap<>();
        m.put(
                "proposal",
                new Message.Proposal(
                        Samples.block(5),
                        Samples.vote(VoteKind.NOTARIZE, 5, 8),
                        List.of(
                                Samples.certificate(VoteKind.NOTARIZE, 3, 1),
                                Samples.certificate(VoteKind.NULLIFY, 4, 0))));
        m.put("voted", new Message.Voted(Samples.vote(VoteKind.NULLIFY, 300, 0)));
        m.put("certificates", new Message.Certificates(List.of(Samples.certificate(VoteKind.FINALIZE, 70_000, 2))));
        m.put("gossip", new Message.Gossip(List.of(Samples.transaction())));
        m.put("position", new Message.Position(3, 9, 4, 8));
        m.put("block-wanted", new Message.BlockWanted(Samples.digest(3)));
        m.put("block-found", new Message.BlockFound(Samples.block(6)));
        m.put("votes-wanted", new Message.VotesWanted(2, Long.MAX_VALUE));
        m.put(
                "votes-held/entry",
                new Message.VotesHeld(
                        0,
                        5,
                        List.of(Samples.vote(VoteKind.FINALIZE, 6, 2)),
                        7,
                        true,
                        Optional.of(Samples.certificate(VoteKind.NOTARIZE, 6, 2))));
        m.put("votes-held/first-view", new Message.VotesHeld(3, 5, List.of(), 1, false, Optional.empty()));
        Equivocation equivocation =
                EquivocationTests.of(Samples.vote(VoteKind.NOTARIZE, 5, 9), Samples.vote(VoteKind.NOTARIZE, 5, 8));
        m.put("evidence", new Message.Evidence(List.of(equivocation)));
        Block block = Samples.block(6);
        m.put(
                "block-found/evidence",
                new Message.BlockFound(new Block(block.header(), block.transactions(), List.of(equivocation))));
        Batch batch = new Batch(Samples.NETWORK, 0, 0, 1_800_000_000_000L, block.entries());
        AvailabilityStatement statement = batch.statement();
        Signature signature = Samples.KEY.sign(AvailabilityStatement.TAG, Samples.NETWORK, statement.encode());
        AvailabilityCertificate available = new AvailabilityCertificate(
                statement, List.of(new IndexedSignature(0, signature), new IndexedSignature(2, signature)));
        m.put("batch-offered", new Message.BatchOffered(batch));
        m.put("batch-promised", new Message.BatchPromised(statement, signature));
        m.put("batch-certified", new Message.BatchCertified(available));
        m.put("batch-wanted", new Message.BatchWanted(batch.id()));
        m.put(
                "parted-proposal",
                new Message.PartedProposal(
                        block.header(),
                        new BodyParts(List.of(available), List.of(new BodyParts.Run(0, 0, 1))),
                        List.of(),
                        Samples.vote(VoteKind.NOTARIZE, 6, 2),
                        List.of(Samples.certificate(VoteKind.NOTARIZE, 5, 1))));
        m.put(
                "parted-proposal/inline",
                new Message.PartedProposal(
                        block.header(),
                        new BodyParts(
                                List.of(available),
                                List.of(new BodyParts.Run(0, 1, 2), new BodyParts.Inline(block.entries()))),
                        List.of(equivocation),
                        Samples.vote(VoteKind.NOTARIZE, 6, 2),
                        List.of()));
        return m;
    }

    @Test
    void messagesAreTheVectorsOfTheSpecification() throws Exception {
        StringBuilder lines = new StringBuilder("# NAME HEX; see ../consensus.md\n");
        samples().forEach((name, m) -> {
            byte[] bytes = m.encode();
            Message again = Message.decode(bytes, Samples.PARAMETERS);
            assertThat(again).isEqualTo(m);
            assertThat(again.encode()).isEqualTo(bytes);
            lines.append(name)
                    .append(' ')
                    .append(HexFormat.of().formatHex(bytes))
                    .append('\n');
        });
        Path vectors = Path.of("../../docs/spec/vectors/consensus.txt");
        if (Boolean.getBoolean("vectors.write")) {
            Files.writeString(vectors, lines);
        }
        assertThat(Files.readString(vectors)).isEqualTo(lines.toString());
    }

    @Test
    void cutOffOrExtendedMessagesAreRefused() {
        samples().forEach((name, m) -> {
            byte[] bytes = m.encode();
            for (int cut = 0; cut < bytes.length; cut += Math.max(1, bytes.length / 50)) {
                byte[] part = Arrays.copyOf(bytes, cut);
                assertThatThrownBy(() -> Message.decode(part, Samples.PARAMETERS))
                        .isInstanceOfAny(CborException.class, IllegalArgumentException.class);
            }
            byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
            assertThatThrownBy(() -> Message.decode(more, Samples.PARAMETERS)).isInstanceOf(CborException.class);
        });
    }

    @Test
    void flippedBitsGiveATypedRefusalOrAnotherCanonicalMessage() {
        SplittableRandom random = new SplittableRandom(1);
        samples().forEach((name, m) -> {
            byte[] bytes = m.encode();
            for (int i = 0; i < 400; i++) {
                byte[] bad = bytes.clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                Message read;
                try {
                    read = Message.decode(bad, Samples.PARAMETERS);
                } catch (CborException | IllegalArgumentException refused) {
                    continue;
                }
                assertThat(read.encode()).isEqualTo(bad);
            }
        });
    }

    @Test
    void onlySmallMessagesWithoutTransactionsToCheckAreLight() {
        List<String> light = samples().entrySet().stream()
                .filter(e -> Message.isLight(e.getValue().encode()))
                .map(Map.Entry::getKey)
                .toList();
        assertThat(light).containsExactly("proposal", "voted", "certificates", "position");

        byte[] voted = samples().get("voted").encode();
        assertThat(Message.isLight(Arrays.copyOf(voted, Message.LIGHT_BYTES + 1)))
                .isFalse();
        assertThat(Message.isLight(new byte[0])).isFalse();
        assertThat(Message.isLight(new byte[] {(byte) 0x82})).isFalse();
    }

    @Test
    void unknownTypesAndTooManyCertificatesAreRefused() {
        assertThatThrownBy(() -> Message.decode(
                        new CborWriter().array(2).uint(77).uint(1).toBytes(), Samples.PARAMETERS))
                .hasMessageContaining("type 77");
        List<online.hypermesh.api.consensus.Certificate> many = java.util.Collections.nCopies(
                Message.MAX_CERTIFICATES + 1, Samples.certificate(VoteKind.NULLIFY, 1, 0));
        byte[] bytes = new Message.Certificates(many).encode();
        assertThatThrownBy(() -> Message.decode(bytes, Samples.PARAMETERS)).hasMessageContaining("limit 64");
    }
}
