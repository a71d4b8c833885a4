package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class MempoolTests {
    private final Network4 net = new Network4();
    private final Mempool pool = pool(Mempool.Limits.DEFAULT);

    private Mempool pool(Mempool.Limits limits) {
        return new Mempool(
                net.genesis,
                List.of("kv", "other"),
                net.tree.nonces(net.tree.finalizedHead().id()),
                limits,
                net.signatures);
    }

    private static Code code(Verdict verdict) {
        return ((Verdict.Rejected) verdict).code();
    }

    private void finalizeBlock(Transaction... transactions) {
        Block block = net.commit(transactions);
        pool.finalized(List.of(block), net.tree.nonces(block.id()));
    }

    @Test
    void handsOutWhatItTookInOrderOfArrivalAndOfNonces() {
        Transaction a5 = net.put(50, 5, "a", "5");
        Transaction b1 = net.put(51, 1, "b", "1");
        Transaction a2 = net.put(50, 2, "a", "2");
        for (Transaction t : List.of(a5, b1, a2)) {
            assertThat(pool.offer(t)).isEqualTo(Verdict.ACCEPTED);
        }
        assertThat(pool.candidates(65_536)).containsExactly(a2, b1, a5);
        assertThat(net.child(net.tree.finalizedHead().id(), a2, b1, a5).transactions())
                .hasSize(3);
    }

    @Test
    void whatTheGateRefusesTakesNoRoom() {
        Admission gate = t -> Optional.of(new Outcome.Refused("STRANGER", "not listed"));
        Verdict verdict = pool.offer(net.put(50, 1, "a", "1"), gate);
        assertThat(code(verdict)).isEqualTo(Code.DENIED);
        assertThat(verdict.toString()).contains("STRANGER", "not listed");
        assertThat(pool.isEmpty()).isTrue();
    }

    @Test
    void staysWithinTheBytesAskedForWithoutReorderingASender() {
        Transaction big = net.put(50, 1, "a", "x".repeat(3000));
        Transaction after = net.put(50, 2, "a", "y");
        Transaction small = net.put(51, 1, "b", "z");
        List.of(big, after, small).forEach(pool::offer);
        assertThat(pool.candidates(1000)).containsExactly(small);
        assertThat(pool.candidates(0)).isEmpty();
    }

    @Test
    void leavesOutWhatAnUnfinalizedParentHolds() {
        Transaction one = net.put(50, 1, "a", "1");
        Transaction two = net.put(50, 2, "a", "2");
        pool.offer(one);
        pool.offer(two);
        Block parent = net.child(net.tree.finalizedHead().id(), one);
        net.tree.add(parent);
        assertThat(pool.candidates(65_536, net.tree.nonces(parent.id()))).containsExactly(two);
        assertThat(pool.candidates(65_536)).containsExactly(one, two);
    }

    @Test
    void finalityRemovesIncludedAndOvertakenTransactions() {
        Transaction included = net.put(50, 5, "a", "5");
        Transaction overtaken = net.put(50, 3, "a", "3");
        Transaction later = net.put(50, 6, "a", "6");
        List.of(included, overtaken, later).forEach(pool::offer);
        finalizeBlock(included);
        assertThat(pool.candidates(65_536)).containsExactly(later);
        assertThat(pool.contains(overtaken.id())).isFalse();
        finalizeBlock(later);
        assertThat(pool.isEmpty()).isTrue();
        assertThat(code(pool.offer(included))).isEqualTo(Code.CONFLICT);
    }

    @Test
    void refusesWhatCouldNeverEnterABlock() {
        Transaction good = net.put(50, 1, "a", "1");
        byte[] signature = good.signature().toBytes();
        signature[0] ^= 1;
        assertThat(code(pool.offer(new Transaction(
                        good.network(), good.sender(), 1, "kv", good.payload(), Signature.of(signature)))))
                .isEqualTo(Code.INVALID_SIGNATURE);
        assertThat(code(pool.offer(Transaction.sign(new NetworkId(Digest.ZERO), key(50), 1, "kv", new byte[0]))))
                .isEqualTo(Code.WRONG_NETWORK);
        assertThat(code(pool.offer(net.transaction(50, 1, "nonces", new byte[0]))))
                .isEqualTo(Code.NOT_FOUND);
        assertThat(code(pool.offer(net.put(50, 1, "a", "x".repeat(5000))))).isEqualTo(Code.LIMIT_EXCEEDED);
        assertThat(code(pool.offer(new byte[5000]))).isEqualTo(Code.LIMIT_EXCEEDED);
        assertThat(code(pool.offer(new byte[] {1}))).isEqualTo(Code.MALFORMED);
        byte[] badKey = good.encode();
        java.util.Arrays.fill(badKey, 41, 73, (byte) 0xff);
        assertThat(code(pool.offer(badKey))).isEqualTo(Code.MALFORMED);
        assertThat(pool.isEmpty()).isTrue();
        assertThat(pool.offer(good.encode())).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void refusesDuplicatesAndSecondsWithTheSameNonce() {
        Transaction first = net.put(50, 1, "a", "1");
        pool.offer(first);
        assertThat(code(pool.offer(first))).isEqualTo(Code.CONFLICT);
        assertThat(code(pool.offer(net.put(50, 1, "a", "2")))).isEqualTo(Code.CONFLICT);
        assertThat(pool.size()).isEqualTo(1);
    }

    @Test
    void boundsCountBytesAndSendersShare() {
        Mempool few = pool(new Mempool.Limits(3, 1 << 20, 2));
        assertThat(few.offer(net.put(50, 1, "a", "1")).accepted()).isTrue();
        assertThat(few.offer(net.put(50, 2, "a", "1")).accepted()).isTrue();
        assertThat(code(few.offer(net.put(50, 3, "a", "1")))).isEqualTo(Code.BUSY);
        assertThat(few.offer(net.put(51, 1, "a", "1")).accepted()).isTrue();
        assertThat(code(few.offer(net.put(52, 1, "a", "1")))).isEqualTo(Code.BUSY);
        Mempool small = pool(new Mempool.Limits(100, 400, 100));
        assertThat(small.offer(net.put(50, 1, "a", "1")).accepted()).isTrue();
        assertThat(code(small.offer(net.put(50, 2, "a", "x".repeat(300))))).isEqualTo(Code.BUSY);
    }

    @Test
    void roomComesBackWithFinality() {
        Mempool one = pool(new Mempool.Limits(1, 1000, 1));
        for (int i = 0; i < 5; i++) {
            Transaction t = net.put(50, i, "a", "x".repeat(500));
            assertThat(one.offer(t)).isEqualTo(Verdict.ACCEPTED);
            Block block = net.commit(t);
            one.finalized(List.of(block), net.tree.nonces(block.id()));
        }
    }

    @Test
    void manyThreadsOfferingTheSameTransactionsKeepEachOnce() throws Exception {
        List<Transaction> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(net.put(50 + i % 4, i, "k", "v"));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Integer>> accepted = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            accepted.add(threads.submit(() -> {
                start.await();
                return (int) all.stream().filter(x -> pool.offer(x).accepted()).count();
            }));
        }
        start.countDown();
        int sum = 0;
        for (Future<Integer> f : accepted) {
            sum += f.get(30, TimeUnit.SECONDS);
        }
        threads.shutdown();
        assertThat(sum).isEqualTo(40);
        assertThat(pool.size()).isEqualTo(40);
    }
}
