package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import org.junit.jupiter.api.Test;

class CertificateLightClientTests {
    private final Network4 net = new Network4();
    private final LightClient client = new CertificateLightClient(net.genesis);
    private final Block block =
            net.commit(net.put(50, 1, "a", "1"), net.put(51, 1, "b", "2"), net.put(52, 1, "c", "3"));
    private final Block child = net.commit();
    private final Receipts receipts = Receipts.of(block, net.tree.outcomes(block.id()));

    private static void assertRejected(Verdict verdict, Code code) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        r -> assertThat(r.code()).as(r.detail()).isEqualTo(code));
    }

    private Certificate final3(Block of) {
        return net.certificate(VoteKind.FINALIZE, of.header(), 0, 1, 2);
    }

    private StateProof proof(String key, Optional<String> value, Certificate certificate, List<Link> links) {
        return new StateProof(
                "kv",
                utf8(key),
                value.map(Network4::utf8),
                net.tree.treePath(block.id(), "kv", utf8(key)),
                child.header(),
                certificate,
                links);
    }

    @Test
    void believesReceiptsOfEveryTransactionOfABlock() {
        for (int i = 0; i < 3; i++) {
            Receipt receipt = receipts.receipt(i, child.header(), final3(child), List.of());
            assertThat(client.verify(receipt)).isEqualTo(Verdict.ACCEPTED);
            assertThat(client.verify(Receipt.decode(receipt.encode()))).isEqualTo(Verdict.ACCEPTED);
            assertThat(receipt.height()).isEqualTo(1);
        }
    }

    @Test
    void believesPresenceAndAbsence() {
        assertThat(client.verify(proof("a", Optional.of("1"), final3(child), List.of())))
                .isEqualTo(Verdict.ACCEPTED);
        StateProof absent = proof("nobody", Optional.empty(), final3(child), List.of());
        assertThat(client.verify(absent)).isEqualTo(Verdict.ACCEPTED);
        assertThat(client.verify(StateProof.decode(absent.encode()))).isEqualTo(Verdict.ACCEPTED);
        assertRejected(client.verify(proof("a", Optional.empty(), final3(child), List.of())), Code.INVALID_PROOF);
        assertRejected(client.verify(proof("a", Optional.of("2"), final3(child), List.of())), Code.INVALID_PROOF);
        assertRejected(client.verify(proof("nobody", Optional.of("1"), final3(child), List.of())), Code.INVALID_PROOF);
    }

    @Test
    void believesAHeaderThroughLinksToACertifiedDescendant() {
        List<Link> links = new ArrayList<>();
        Block last = child;
        for (int i = 0; i < 5; i++) {
            last = net.commit();
            links.add(new Link(last.header()));
        }
        assertThat(client.verify(proof("a", Optional.of("1"), final3(last), links)))
                .isEqualTo(Verdict.ACCEPTED);
        assertThat(client.verify(receipts.receipt(1, child.header(), final3(last), links)))
                .isEqualTo(Verdict.ACCEPTED);
        List<Link> gap = new ArrayList<>(links);
        gap.remove(2);
        assertRejected(client.verify(proof("a", Optional.of("1"), final3(last), gap)), Code.INVALID_PROOF);
        List<Link> swapped = new ArrayList<>(links);
        Collections.swap(swapped, 1, 2);
        assertRejected(client.verify(proof("a", Optional.of("1"), final3(last), swapped)), Code.INVALID_PROOF);
        assertRejected(client.verify(proof("a", Optional.of("1"), final3(last), List.of())), Code.INVALID_PROOF);
        assertRejected(
                client.verify(proof("a", Optional.of("1"), final3(last), Collections.nCopies(257, links.get(0)))),
                Code.LIMIT_EXCEEDED);
    }

    @Test
    void believesAHeaderAcrossAnyNumberOfBlocks() {
        List<Digest> ids = new ArrayList<>(List.of(child.id()));
        AncestorFrontier before = net.tree.base(block.id()).orElseThrow().frontier();
        Block last = child;
        for (int i = 0; i < 600; i++) {
            last = net.commit();
            ids.add(last.id());
        }
        Link across = new Link(last.header(), before.path(ids.subList(0, 600)));
        Certificate certificate = final3(last);
        Receipt receipt = receipts.receipt(1, child.header(), certificate, List.of(across));
        assertThat(client.verify(receipt)).isEqualTo(Verdict.ACCEPTED);
        assertThat(Receipt.decode(receipt.encode()).encode()).isEqualTo(receipt.encode());
        assertThat(receipt.encode().length).isLessThan(3_000);
        Block next = net.commit();
        assertThat(client.verify(
                        receipts.receipt(1, child.header(), final3(next), List.of(across, new Link(next.header())))))
                .isEqualTo(Verdict.ACCEPTED);
        List<Digest> wrong = new ArrayList<>(across.path());
        wrong.set(3, Digest.ZERO);
        for (Link forged : List.of(
                new Link(last.header()),
                new Link(last.header(), wrong),
                new Link(last.header(), wrong.subList(0, 3)),
                new Link(next.header(), across.path()))) {
            assertRejected(
                    client.verify(receipts.receipt(
                            1,
                            child.header(),
                            final3(forged.header().equals(next.header()) ? next : last),
                            List.of(forged))),
                    Code.INVALID_PROOF);
        }
    }

    @Test
    void onlyAQuorumOfFinalizeVotesCounts() {
        BlockHeader h = child.header();
        assertRejected(verifyWith(net.certificate(VoteKind.FINALIZE, h, 0, 1)), Code.INVALID_PROOF);
        assertRejected(verifyWith(net.certificate(VoteKind.NOTARIZE, h, 0, 1, 2, 3)), Code.INVALID_PROOF);
        assertRejected(verifyWith(net.certificate(VoteKind.FINALIZE, h, 0, 1, 1)), Code.INVALID_PROOF);
        assertRejected(verifyWith(net.certificate(VoteKind.FINALIZE, h, 2, 1, 0)), Code.INVALID_PROOF);
        assertRejected(verifyWith(net.certificate(VoteKind.FINALIZE, h, 0, 1, 2, 9)), Code.INVALID_PROOF);
        assertRejected(verifyWith(final3(block)), Code.INVALID_PROOF);
        Certificate good = final3(child);
        List<Certificate.IndexedSignature> votes = new ArrayList<>(good.votes());
        byte[] bytes = votes.get(1).signature().toBytes();
        bytes[5] ^= 1;
        votes.set(1, new Certificate.IndexedSignature(1, Signature.of(bytes)));
        assertRejected(verifyWith(new Certificate(good.statement(), votes)), Code.INVALID_SIGNATURE);
        assertThat(verifyWith(good)).isEqualTo(Verdict.ACCEPTED);
        // Remembering the good certificate must not cover for a bad one that says the same.
        assertRejected(verifyWith(new Certificate(good.statement(), votes)), Code.INVALID_SIGNATURE);
    }

    private Verdict verifyWith(Certificate certificate) {
        return client.verify(proof("a", Optional.of("1"), certificate, List.of()));
    }

    @Test
    void aForgedReceiptIsRefused() {
        Receipt good = receipts.receipt(1, child.header(), final3(child), List.of());
        assertRejected(client.verify(with(good, Digest.sha256(utf8("x")), good.outcome(), 1, 3)), Code.INVALID_PROOF);
        assertRejected(
                client.verify(with(good, good.transactionId(), Outcome.refused("DENIED", "no"), 1, 3)),
                Code.INVALID_PROOF);
        assertRejected(client.verify(with(good, good.transactionId(), good.outcome(), 2, 3)), Code.INVALID_PROOF);
        assertRejected(client.verify(with(good, good.transactionId(), good.outcome(), 3, 3)), Code.INVALID_PROOF);
        assertRejected(
                client.verify(receipts.receipt(1, block.header(), final3(block), List.of())), Code.INVALID_PROOF);
    }

    private static Receipt with(Receipt r, Digest id, Outcome outcome, int index, int count) {
        return new Receipt(id, outcome, index, count, r.path(), r.header(), r.certificate(), r.links());
    }

    @Test
    void anotherNetworksFactsAreRefused() {
        LightClient stranger = new CertificateLightClient(Network4.genesis("four", 1_000_001));
        assertRejected(
                stranger.verify(receipts.receipt(0, child.header(), final3(child), List.of())), Code.WRONG_NETWORK);
        assertRejected(stranger.verify(proof("a", Optional.of("1"), final3(child), List.of())), Code.WRONG_NETWORK);
    }

    @Test
    void everyFlippedBitOfAnEncodedProofIsRefused() {
        byte[] good = proof("a", Optional.of("1"), final3(child), List.of()).encode();
        for (int bit = 0; bit < good.length * 8; bit += 3) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            boolean believed;
            try {
                believed = client.verify(StateProof.decode(bad)).accepted();
            } catch (CborException | IllegalArgumentException e) {
                believed = false;
            }
            assertThat(believed).as("bit %d flipped", bit).isFalse();
        }
    }
}
