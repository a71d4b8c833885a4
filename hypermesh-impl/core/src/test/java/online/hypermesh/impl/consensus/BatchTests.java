package online.hypermesh.impl.consensus;

import static online.hypermesh.impl.consensus.Samples.NETWORK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Signature;
import org.junit.jupiter.api.Test;

class BatchTests {
    private static final int MAX_TRANSACTION = 1 << 20;

    private final LoneCore lone = new LoneCore();
    private final AvailabilityVerifier verifier = AvailabilityVerifier.of(lone.genesis.networkId(), lone.set);

    private static BodyEntry entry(long nonce, int bytes) {
        return Transaction.sign(NETWORK, TestKeys.of(3), nonce, "notes", new byte[bytes]);
    }

    private static Batch batch(long sequence, BodyEntry... entries) {
        return new Batch(NETWORK, 0, 0, sequence, List.of(entries));
    }

    private Signature promise(int validator, AvailabilityStatement s) {
        return lone.votingKey(validator).sign(AvailabilityStatement.TAG, lone.genesis.networkId(), s.encode());
    }

    private AvailabilityCertificate certificate(Batch batch, int... validators) {
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int v : validators) {
            signatures.add(new Certificate.IndexedSignature(v, promise(v, batch.statement())));
        }
        return new AvailabilityCertificate(batch.statement(), signatures);
    }

    @Test
    void aBatchComesBackFromItsBytesAndEveryOtherHasAnotherId() {
        Batch batch = batch(5, entry(1, 10), entry(2, 20));
        Batch again = Batch.decode(batch.encode(), MAX_TRANSACTION);
        assertThat(again.entries()).isEqualTo(batch.entries());
        assertThat(again.id()).isEqualTo(batch.id());
        assertThat(batch(6, entry(1, 10), entry(2, 20)).id()).isNotEqualTo(batch.id());
        byte[] longer = java.util.Arrays.copyOf(batch.encode(), batch.encodedLength() + 1);
        assertThatThrownBy(() -> Batch.decode(longer, MAX_TRANSACTION)).isInstanceOf(CborException.class);
    }

    @Test
    void emptyBatchesRepeatedEntriesAndTooManyBytesAreRefused() {
        assertThatThrownBy(() -> batch(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> batch(1, entry(1, 1), entry(1, 1))).hasMessageContaining("twice");
        assertThatThrownBy(() -> batch(1, entry(1, 300_000), entry(2, 300_000))).hasMessageContaining("limit");
        assertThat(batch(1, entry(1, 600_000)).entries()).hasSize(1);
    }

    @Test
    void entriesAreCutIntoBatchesThatMayBeMade() {
        List<BodyEntry> entries = List.of(entry(1, 300_000), entry(2, 200_000), entry(3, 300_000), entry(4, 900_000));
        List<List<BodyEntry>> cuts = Batch.cut(entries);
        assertThat(cuts).extracting(List::size).containsExactly(2, 1, 1);
        for (List<BodyEntry> cut : cuts) {
            assertThat(batch(1, cut.toArray(BodyEntry[]::new)).entries()).isEqualTo(cut);
        }
    }

    @Test
    void threeOfFourCertifyAndTwoOrOneTwiceDoNot() {
        Batch batch = batch(1, entry(1, 10));
        assertThat(certificate(batch, 0, 1, 2).holds(lone.set, verifier)).isTrue();
        assertThat(certificate(batch, 0, 1).holds(lone.set, verifier)).isFalse();
        assertThat(certificate(batch, 0, 1, 1).holds(lone.set, verifier)).isFalse();
        assertThat(certificate(batch, 0, 2, 1).holds(lone.set, verifier)).isFalse();
    }

    @Test
    void aForgedSignatureOrOneOfAnotherStatementDoesNotCount() {
        Batch batch = batch(1, entry(1, 10));
        AvailabilityCertificate good = certificate(batch, 0, 1, 2);
        AvailabilityCertificate moved =
                new AvailabilityCertificate(batch(2, entry(1, 10)).statement(), good.signatures());
        assertThat(moved.holds(lone.set, verifier)).isFalse();
        List<Certificate.IndexedSignature> votes = new ArrayList<>();
        for (int v = 0; v < 3; v++) {
            votes.add(new Certificate.IndexedSignature(
                    v,
                    lone.votingKey(v)
                            .sign(
                                    VoteStatement.TAG,
                                    lone.genesis.networkId(),
                                    batch.statement().encode())));
        }
        assertThat(new AvailabilityCertificate(batch.statement(), votes).holds(lone.set, verifier))
                .isFalse();
    }

    @Test
    void aBodyComesBackFromItsPartsInItsOrder() {
        Batch one = batch(1, entry(1, 10), entry(2, 10), entry(3, 10));
        Batch two = batch(2, entry(4, 10), entry(5, 10));
        AvailabilityCertificate first = certificate(one, 0, 1, 2);
        AvailabilityCertificate second = certificate(two, 0, 1, 2);
        List<BodyEntry> body = List.of(
                entry(9, 10),
                one.entries().get(1),
                one.entries().get(2),
                two.entries().get(0),
                entry(8, 10),
                one.entries().get(0));
        BodyParts parts = BodyParts.split(body, id -> {
            for (int i = 0; i < 3; i++) {
                if (one.entries().get(i).id().equals(id)) {
                    return new BodyParts.Place(first, i);
                }
            }
            return two.entries().get(0).id().equals(id) ? new BodyParts.Place(second, 0) : null;
        });
        assertThat(parts.parts())
                .containsExactly(
                        new BodyParts.Inline(List.of(body.get(0))),
                        new BodyParts.Run(0, 1, 2),
                        new BodyParts.Run(1, 0, 1),
                        new BodyParts.Inline(List.of(body.get(4))),
                        new BodyParts.Run(0, 0, 1));
        assertThat(parts.isAllowed(1000)).isTrue();
        CborWriter w = new CborWriter(100);
        parts.writeTo(w);
        BodyParts again = BodyParts.readFrom(new CborReader(w.toBytes()), MAX_TRANSACTION);
        assertThat(again).isEqualTo(parts);
        assertThat(again.assemble(id -> id.equals(one.id()) ? one : two)).isEqualTo(Optional.of(body));
        assertThat(again.assemble(id -> id.equals(one.id()) ? one : null)).isEmpty();
    }

    @Test
    void tooMuchInlineOtherEpochsAndRepeatedReferencesAreNotAllowed() {
        Batch one = batch(1, entry(1, 10), entry(2, 10));
        AvailabilityCertificate c = certificate(one, 0, 1, 2);
        BodyParts.Run all = new BodyParts.Run(0, 0, 2);
        assertThat(new BodyParts(List.of(c), List.of(all)).isAllowed(100)).isTrue();
        assertThat(new BodyParts(List.of(c, c), List.of(all, new BodyParts.Run(1, 0, 1))).isAllowed(100))
                .isFalse();
        assertThat(new BodyParts(List.of(c), List.of(all, new BodyParts.Run(0, 1, 1))).isAllowed(100))
                .isFalse();
        assertThat(new BodyParts(List.of(c), List.of()).isAllowed(100)).isFalse();
        assertThat(new BodyParts(List.of(), List.of(all)).isAllowed(100)).isFalse();
        List<BodyEntry> large = List.of(entry(1, 600), entry(2, 600));
        BodyParts inline = new BodyParts(List.of(), List.of(new BodyParts.Inline(large)));
        assertThat(inline.isAllowed(1000)).isFalse();
        assertThat(inline.isAllowed(2000)).isTrue();
    }
}
