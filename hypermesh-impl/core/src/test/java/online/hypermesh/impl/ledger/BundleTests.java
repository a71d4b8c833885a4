package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class BundleTests {
    private final Network4 net = new Network4();
    private final CertificateLightClient client = new CertificateLightClient(net.genesis);

    private static Code code(Verdict verdict) {
        return ((Verdict.Rejected) verdict).code();
    }

    private Verdict offered(BodyEntry entry) {
        Mempool pool = new Mempool(
                net.genesis,
                List.of("kv"),
                net.tree.nonces(net.tree.finalizedHead().id()),
                Mempool.Limits.DEFAULT,
                new SignatureCheck());
        return pool.offer(entry);
    }

    @Test
    void everyTransactionOfABundleHasItsOwnNonceIdAndPayload() {
        Bundle bundle = net.bundle(50, 7, "a", "b", "c");
        assertThat(bundle.transactions()).extracting(Transaction::nonce).containsExactly(7L, 8L, 9L);
        assertThat(bundle.lastNonce()).isEqualTo(9);
        assertThat(bundle.transactions()).extracting(Transaction::id).doesNotHaveDuplicates();
        assertThat(bundle.transactions().get(2).payload()).isEqualTo(Network4.PutModule.put("k9", "c"));
        assertThat(bundle.transactions().get(0).bundle()).contains(bundle);
        assertThat(bundle.transactions()).allMatch(Transaction::signatureHolds);
        Bundle again = Bundle.decode(bundle.encode());
        assertThat(again).isEqualTo(bundle);
        assertThat(again.encode()).isEqualTo(bundle.encode());
        assertThat(BodyEntry.decode(bundle.encode())).isEqualTo(bundle);
    }

    @Test
    void aPartOfABundleIsNothingByItself() {
        Transaction part = net.bundle(50, 7, "a", "b").transactions().get(0);
        assertThatThrownBy(part::encode).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> net.child(net.tree.finalizedHead().id(), part))
                .isInstanceOf(IllegalStateException.class);
        Block block = net.commit();
        assertThatThrownBy(() -> new Block(block.header(), List.of(part))).isInstanceOf(IllegalArgumentException.class);
        Transaction torn = new Transaction(
                part.network(), part.sender(), part.nonce(), part.module(), part.payload(), part.signature());
        assertThat(code(offered(torn))).isEqualTo(Code.INVALID_SIGNATURE);
    }

    @Test
    void oneChangedBitAnywhereBreaksTheSignatureOrTheForm() {
        byte[] good = net.bundle(50, 7, "a", "b").encode();
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            boolean refused;
            try {
                refused = !offered(BodyEntry.decode(bad)).accepted();
            } catch (CborException | IllegalArgumentException malformed) {
                refused = true;
            }
            assertThat(refused).as("byte %d", i).isTrue();
        }
        assertThat(offered(Bundle.decode(good)).accepted()).isTrue();
    }

    @Test
    void foreignEmptyEndlessAndOversizedBundlesAreRefused() {
        List<Bundle.Operation> one = List.of(new Bundle.Operation("kv", new byte[0]));
        assertThat(code(offered(Bundle.sign(new NetworkId(Digest.ZERO), key(50), 1, one))))
                .isEqualTo(Code.WRONG_NETWORK);
        assertThat(code(offered(Bundle.sign(
                        net.genesis.networkId(),
                        key(50),
                        1,
                        List.of(new Bundle.Operation("kv", new byte[0]), new Bundle.Operation("no", new byte[0]))))))
                .isEqualTo(Code.NOT_FOUND);
        assertThat(code(offered(net.bundle(50, 1, "x".repeat(5000))))).isEqualTo(Code.LIMIT_EXCEEDED);
        assertThatThrownBy(() -> Bundle.sign(net.genesis.networkId(), key(50), 1, List.of()))
                .isInstanceOf(CborException.class);
        assertThatThrownBy(() -> Bundle.sign(net.genesis.networkId(), key(50), Long.MAX_VALUE, one))
                .isInstanceOf(CborException.class);
        List<Bundle.Operation> many = new ArrayList<>();
        for (int i = 0; i <= Bundle.MAX_TRANSACTIONS; i++) {
            many.addAll(one);
        }
        assertThatThrownBy(() -> Bundle.sign(net.genesis.networkId(), key(50), 1, many))
                .isInstanceOf(CborException.class);
    }

    @Test
    void aBundleExecutesInOrderAndOnce() {
        Bundle bundle = net.bundle(50, 7, "a", "b", "c");
        Block block = net.commit(bundle);
        assertThat(block.entries()).containsExactly(bundle);
        assertThat(block.transactions()).hasSize(3);
        assertThat(net.tree.outcomes(block.id())).hasSize(3).allMatch(Outcome.Applied.class::isInstance);
        assertThat(net.tree.state(block.id(), "kv").get(utf8("k9"))).hasValue(utf8("c"));
        assertThat(Nonces.last(net.tree.nonces(block.id()), bundle.senderId())).isEqualTo(9);
        assertThat(net.commit(bundle).entries()).isEmpty();
        assertThat(net.commit(net.bundle(50, 9, "again", "new")).entries()).isEmpty();
        assertThat(net.commit(net.put(50, 10, "k", "v")).entries()).hasSize(1);
    }

    @Test
    void aRefusedPartLeavesTheOthersAndItsNonce() {
        List<Bundle.Operation> operations = List.of(
                new Bundle.Operation("kv", Network4.PutModule.put("a", "1")),
                new Bundle.Operation("kv", Network4.PutModule.op(2, "a", "2")),
                new Bundle.Operation("kv", Network4.PutModule.put("b", "3")));
        Block block = net.commit(Bundle.sign(net.genesis.networkId(), key(50), 1, operations));
        List<Outcome> outcomes = net.tree.outcomes(block.id());
        assertThat(outcomes.get(1)).isInstanceOf(Outcome.Refused.class);
        assertThat(net.tree.state(block.id(), "kv").get(utf8("a"))).hasValue(utf8("1"));
        assertThat(net.tree.state(block.id(), "kv").get(utf8("b"))).hasValue(utf8("3"));
    }

    @Test
    void aBundleLeavesTheStateThatItsTransactionsLeaveOneByOne() {
        Network4 other = new Network4();
        net.commit(net.bundle(50, 1, "a", "b"));
        other.commit(other.put(50, 1, "k1", "a"), other.put(50, 2, "k2", "b"));
        assertThat(net.tree.stateRoot(net.tree.finalizedHead().id()))
                .isEqualTo(other.tree.stateRoot(other.tree.finalizedHead().id()));
    }

    @Test
    void receiptsOfABundleConvinceALightClientTogetherAndOneByOne() {
        Bundle bundle = net.bundle(50, 1, "a", "b", "c");
        for (int before = 0; before < 3; before++) {
            Network4 fresh = new Network4();
            List<BodyEntry> body = new ArrayList<>();
            for (int i = 0; i < before; i++) {
                body.add(fresh.put(51, i, "x", "y"));
            }
            body.add(bundle);
            body.add(fresh.put(52, 1, "z", "y"));
            Block block = fresh.commit(body.toArray(new BodyEntry[0]));
            Block child = fresh.commit();
            Receipts receipts = fresh.tree.receipts(block.id());
            BundleReceipt whole = receipts.receipt(
                    bundle,
                    before,
                    child.header(),
                    fresh.certificate(VoteKind.FINALIZE, child.header(), 0, 1, 2),
                    List.of());
            BundleReceipt read = BundleReceipt.decode(whole.encode());
            assertThat(client.verify(read).accepted()).isTrue();
            Receipt one = receipts.receipt(before + 1, child.header(), whole.certificate(), List.of());
            assertThat(one.transactionId())
                    .isEqualTo(bundle.transactions().get(1).id());
            assertThat(client.verify(one).accepted()).isTrue();
            List<Outcome> lie = new ArrayList<>(whole.outcomes());
            lie.set(2, Outcome.refused("NO", "never"));
            assertThat(code(client.verify(with(whole, lie, whole.index(), whole.path()))))
                    .isEqualTo(Code.INVALID_PROOF);
            assertThat(code(client.verify(with(whole, lie.subList(0, 2), whole.index(), whole.path()))))
                    .isEqualTo(Code.INVALID_PROOF);
            assertThat(code(client.verify(with(whole, whole.outcomes(), -1, whole.path()))))
                    .isEqualTo(Code.INVALID_PROOF);
            List<Digest> longer = new ArrayList<>(whole.path());
            longer.add(Digest.ZERO);
            assertThat(code(client.verify(with(whole, whole.outcomes(), whole.index(), longer))))
                    .isEqualTo(Code.INVALID_PROOF);
            assertThat(code(client.verify(with(whole, whole.outcomes(), whole.index(), List.of()))))
                    .isEqualTo(Code.INVALID_PROOF);
        }
    }

    private static BundleReceipt with(BundleReceipt r, List<Outcome> outcomes, int index, List<Digest> path) {
        return new BundleReceipt(
                r.bundleId(), outcomes, index, r.count(), path, r.header(), r.certificate(), r.links());
    }

    @Test
    void overlappingNoncesOfOneSenderDoNotWaitTogether() {
        Mempool pool = new Mempool(
                net.genesis,
                List.of("kv"),
                net.tree.nonces(net.tree.finalizedHead().id()),
                new Mempool.Limits(10, 1 << 20, 5),
                new SignatureCheck());
        assertThat(pool.offer(net.bundle(50, 5, "a", "b")).accepted()).isTrue();
        assertThat(code(pool.offer(net.bundle(50, 4, "a", "b")))).isEqualTo(Code.CONFLICT);
        assertThat(code(pool.offer(net.put(50, 6, "a", "b")))).isEqualTo(Code.CONFLICT);
        assertThat(pool.offer(net.put(50, 7, "a", "b")).accepted()).isTrue();
        assertThat(code(pool.offer(net.bundle(50, 8, "a", "b", "c")))).isEqualTo(Code.BUSY);
        assertThat(pool.size()).isEqualTo(3);
    }

    @Test
    void aFloodOfOneSenderDoesNotKeepAnotherOut() {
        Mempool pool = new Mempool(
                net.genesis,
                List.of("kv"),
                net.tree.nonces(net.tree.finalizedHead().id()),
                Mempool.Limits.DEFAULT,
                new SignatureCheck());
        for (int i = 0; i < 50; i++) {
            pool.offer(net.put(50, i, "k", "v".repeat(50)));
        }
        Transaction late = net.put(51, 1, "k", "v");
        pool.offer(late);
        assertThat(pool.candidates(2000)).contains(late);
        Block block = net.commit(pool.candidates(700).toArray(new BodyEntry[0]));
        pool.finalized(List.of(block), net.tree.nonces(block.id()));
        assertThat(pool.size()).isEqualTo(51 - block.transactions().size());
    }

    @Test
    void theFormatIsAsPublished() {
        Bundle bundle = net.bundle(50, 7, "a", "b");
        CborReader r = new CborReader(bundle.encode()).expectArray(4).expect(2, "version");
        assertThat(r.fixedBytes(32)).isEqualTo(net.genesis.networkId().digest().toBytes());
        r.expectArray(3);
        assertThat(r.fixedBytes(32)).isEqualTo(key(50).verifyKey().toBytes());
        assertThat(r.uint()).isEqualTo(7);
        assertThat(r.array(9)).isEqualTo(2);
        for (int i = 0; i < 2; i++) {
            assertThat(r.array(2)).isEqualTo(2);
            assertThat(r.text(32)).isEqualTo("kv");
            r.bytes(100);
        }
        assertThat(r.fixedBytes(64)).isEqualTo(bundle.signature().toBytes());
        r.end();
    }
}
