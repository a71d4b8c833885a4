package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class EarlyMessagesTests {
    private final ValidatorSet validators = new LoneCore().tree.validators();
    private final NodeId first = validators.get(0).id();
    private final NodeId second = validators.get(1).id();
    private final EarlyMessages early = new EarlyMessages();

    private static Message voted(long view) {
        return new Message.Voted(Samples.vote(VoteKind.NULLIFY, 1, view, 0));
    }

    private static Message certificates(int signatures) {
        Certificate one = Samples.certificate(VoteKind.NULLIFY, 1, 0);
        return new Message.Certificates(List.of(new Certificate(
                one.statement(), Collections.nCopies(signatures, one.votes().get(0)))));
    }

    private static Message proposal(int signatures, int inlineBytes) {
        Batch batch = new Batch(Samples.NETWORK, 1, 0, 1, List.of(Samples.transaction()));
        Signature any = Samples.vote(VoteKind.NULLIFY, 1, 1, 0).signature();
        AvailabilityCertificate certificate = new AvailabilityCertificate(
                batch.statement(), Collections.nCopies(signatures, new Certificate.IndexedSignature(0, any)));
        Transaction inline = Transaction.sign(Samples.NETWORK, Samples.KEY, 8, "notes", new byte[inlineBytes]);
        return new Message.PartedProposal(
                Samples.block(1).header(),
                new BodyParts(
                        List.of(certificate),
                        List.of(new BodyParts.Run(0, 0, 1), new BodyParts.Inline(List.of(inline)))),
                List.of(),
                Samples.vote(VoteKind.NOTARIZE, 1, 1, 2),
                List.of());
    }

    private void hold(NodeId from, Message message) {
        early.hold(new Event.Received(from, message), validators);
    }

    @Test
    void aFloodCostsTheFloodersOwnOldestMessages() {
        hold(second, voted(1));
        for (long view = 1; view <= 1_000; view++) {
            hold(first, voted(view));
        }
        int places = EarlyMessages.MAX_MESSAGES / validators.size();
        List<Event.Received> waited = early.take();
        assertThat(waited).hasSize(1 + places);
        assertThat(waited.get(0).from()).isEqualTo(second);
        assertThat(waited.get(places).message()).isEqualTo(voted(1_000));
        assertThat(waited.get(1).message()).isEqualTo(voted(1_001 - places));
        assertThat(early.size()).isZero();
    }

    @Test
    void memoryIsBoundedByTheSendersShareAndInAll() {
        for (int i = 0; i < 200; i++) {
            for (int v = 0; v < validators.size(); v++) {
                hold(validators.get(v).id(), certificates(400));
            }
        }
        assertThat(early.bytes()).isPositive().isLessThanOrEqualTo(EarlyMessages.MAX_BYTES);
        early.take();
        for (int i = 0; i < 200; i++) {
            hold(first, certificates(400));
        }
        assertThat(early.bytes()).isPositive().isLessThanOrEqualTo(EarlyMessages.MAX_BYTES / validators.size());
    }

    @Test
    void proposalsThatNameBatchesCountWithAllTheyCarry() {
        for (int i = 0; i < 200; i++) {
            hold(first, proposal(200, 30_000));
        }
        long carried = 200 * (long) Signature.LENGTH + 30_000;
        assertThat(early.size()).isPositive();
        assertThat(early.size() * carried).isLessThanOrEqualTo(EarlyMessages.MAX_BYTES / validators.size());
        early.take();
        hold(first, proposal(600, 10));
        hold(first, proposal(1, 70_000));
        assertThat(early.size()).isZero();
    }

    @Test
    void whatIsTooLargeOrFromAStrangerIsNotKept() {
        hold(first, certificates(600));
        hold(NodeId.of(Samples.KEY.verifyKey()), voted(1));
        assertThat(early.size()).isZero();
    }
}
