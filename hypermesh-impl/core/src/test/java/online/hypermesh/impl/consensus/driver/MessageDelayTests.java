package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Batching;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four cores in virtual time; every message takes exactly one unit, and nothing else takes any. */
class MessageDelayTests {
    private static final int SIZE = 4;
    private static final long DELAY = 1_000_000;

    @TempDir
    Path directory;

    private record Delivery(long at, int order, int to, Event event) {}

    /** A block that became final at a node. */
    private record Final(int node, long at, Block block) {}

    private final PriorityQueue<Delivery> mail =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Integer.compare(a.order, b.order));
    private final List<SimplexCore> cores = new ArrayList<>();
    private final List<PooledTransactions> pools = new ArrayList<>();
    private final List<Final> finals = new ArrayList<>();
    private final TreeSet<Long> finalizeVotes = new TreeSet<>();
    private TestCluster cluster;
    private long now;
    private int order;

    @BeforeEach
    void create() {
        cluster = new TestCluster(directory, SIZE);
        for (int i = 0; i < SIZE; i++) {
            cores.add(core(i));
        }
        for (int i = 0; i < SIZE; i++) {
            perform(i, cores.get(i).start(now, wall()));
        }
        runUntil(100 * DELAY);
        finals.clear();
    }

    private SimplexCore core(int i) {
        SignatureCheck signatures = new SignatureCheck();
        LedgerTree tree = cluster.tree(signatures);
        Mempool pool = cluster.pool(tree, signatures);
        pools.add(new PooledTransactions(pool, tree));
        SigningKey key = cluster.votingKeys.get(i);
        return new SimplexCore(
                new SimplexCore.Settings(cluster.id(i), cluster.genesis.parameters(), StartMode.FRESH, 1),
                tree,
                pools.get(i),
                Optional.of(new SigningGuard(s -> key.sign(VoteStatement.TAG, tree.network(), s.encode()))),
                VoteVerifier.of(tree.network(), tree.validators()),
                Recovered.NOTHING,
                Optional.empty());
    }

    private long wall() {
        return cluster.genesis.createdAtMillis() + 1 + now / DELAY;
    }

    private void perform(int from, List<Action> actions) {
        for (Action action : actions) {
            if (action instanceof Action.Send a) {
                post(from, a.to(), a.message());
            } else if (action instanceof Action.Broadcast a) {
                for (int to = 0; to < SIZE; to++) {
                    if (to != from) {
                        post(from, cluster.id(to), a.message());
                    }
                }
            } else if (action instanceof Action.Finalized a) {
                for (ExecutedBlock b : a.blocks()) {
                    finals.add(new Final(from, now, b.block()));
                }
            }
        }
    }

    private void post(int from, NodeId to, Message message) {
        if (message instanceof Message.Voted v && v.vote().kind() == VoteKind.FINALIZE) {
            finalizeVotes.add(v.vote().view());
        }
        for (int i = 0; i < SIZE; i++) {
            if (cluster.id(i).equals(to)) {
                mail.add(new Delivery(now + DELAY, order++, i, new Event.Received(cluster.id(from), message)));
            }
        }
    }

    private void submit(int node, Transaction... transactions) {
        for (Transaction t : transactions) {
            assertThat(pools.get(node).offer(t).accepted()).isTrue();
        }
        perform(node, cores.get(node).on(now, wall(), new Event.Taken(List.of(transactions), true)));
    }

    private Transaction[] batch(int size) {
        Transaction[] batch = new Transaction[size];
        for (int i = 0; i < size; i++) {
            batch[i] = cluster.transaction("k" + i + "=1");
        }
        return batch;
    }

    private void runUntil(long end) {
        while (true) {
            int next = -1;
            long at = mail.isEmpty() ? end : mail.peek().at;
            for (int i = 0; i < SIZE; i++) {
                long due = Math.max(now, cores.get(i).nextDeadlineNanos());
                if (due < at) {
                    at = due;
                    next = i;
                }
            }
            if (at >= end) {
                now = end;
                return;
            }
            now = at;
            if (next >= 0) {
                perform(next, cores.get(next).on(now, wall(), new Event.Tick()));
                continue;
            }
            Delivery d = mail.remove();
            Event event = d.event;
            if (event instanceof Event.Received r && r.message() instanceof Message.Gossip g) {
                event = new Event.Taken(
                        g.entries().stream()
                                .filter(e -> pools.get(d.to).offer(e).accepted())
                                .toList(),
                        false);
            }
            perform(d.to, cores.get(d.to).on(now, wall(), event));
        }
    }

    private int leader() {
        // validator v mod 4 leads view v
        return (int) (cores.get(0).view() % SIZE);
    }

    private List<Final> with(Transaction t) {
        return finals.stream()
                .filter(f -> f.block.entries().stream().anyMatch(e -> e.id().equals(t.id())))
                .toList();
    }

    @Test
    void aTransactionAtTheLeaderIsFinalEverywhereAfterThreeMessageDelaysAndCertifiedAfterFive() {
        long begin = now;
        Transaction t = cluster.transaction("a=1");
        submit(leader(), t);
        runUntil(begin + 200 * DELAY);
        assertThat(with(t)).hasSize(SIZE).allMatch(f -> f.at - begin == 3 * DELAY);
        long height = with(t).get(0).block.header().height();
        assertThat(finals.stream().filter(f -> f.block.header().height() == height + 1))
                .hasSize(SIZE)
                .allMatch(f -> f.at - begin == 5 * DELAY)
                .allMatch(f -> f.block.entries().isEmpty());
        assertThat(finals).hasSize(2 * SIZE);
    }

    @Test
    void whatArrivesWhileABlockIsUnderWayLeavesTogetherWhenThatIsFinal() {
        long begin = now;
        Transaction first = cluster.transaction("a=1");
        submit(leader(), first);
        List<Transaction> later = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            runUntil(begin + i * DELAY / 2 + 1);
            Transaction t = cluster.transaction("b=" + i);
            later.add(t);
            submit(i, t);
        }
        runUntil(begin + 200 * DELAY);
        assertThat(with(first)).allMatch(f -> f.at - begin == 3 * DELAY);
        for (Transaction t : later) {
            assertThat(with(t)).hasSize(SIZE).allMatch(f -> f.at - begin == 6 * DELAY);
        }
        // the one with the first, the one with all others, and an empty one that certifies it
        assertThat(finals).hasSize(3 * SIZE);
    }

    @Test
    void aLeaderDoesNotWaitForFinalityThatDoesNotCome() {
        long begin = now;
        Transaction first = cluster.transaction("a=1");
        submit(leader(), first);
        Transaction second = cluster.transaction("b=1");
        runUntil(begin + DELAY / 2);
        submit(leader(), second);
        runUntil(begin + 2 * DELAY + DELAY / 2);
        mail.removeIf(d -> d.event instanceof Event.Received r
                && r.message() instanceof Message.Voted v
                && v.vote().kind() == VoteKind.FINALIZE);
        // a twenty-fifth of the timeout of 300 ms after notarization the leader proposes, and its block makes both
        // final
        runUntil(begin + 200 * DELAY);
        assertThat(with(second)).hasSize(SIZE).allMatch(f -> f.at - begin == (2 + 12 + 3) * DELAY);
        assertThat(with(first)).hasSize(SIZE).allMatch(f -> f.at - begin <= (2 + 12 + 3) * DELAY);
    }

    @Test
    void aBatchIsMadeFinalByTheChildThatCertifiesItAndCostsNoVotesOfItsOwn() {
        long begin = now;
        Transaction[] batch = batch(Batching.MANY);
        submit(leader(), batch);
        runUntil(begin + 200 * DELAY);
        assertThat(with(batch[0])).hasSize(SIZE).allMatch(f -> f.at - begin == 5 * DELAY);
        assertThat(finals).hasSize(2 * SIZE).allMatch(f -> f.at - begin == 5 * DELAY);
        long view = with(batch[0]).get(0).block.header().view();
        assertThat(finalizeVotes).contains(view + 1).doesNotContain(view);
    }

    @Test
    void ofThreeFullBlocksInARowAtLeastOneIsVotedFinalForItself() {
        long begin = now;
        for (int i = 0; i < 12; i++) {
            submit(leader(), batch(Batching.MANY));
            runUntil(begin + (i + 1) * 2 * DELAY + 1);
        }
        runUntil(begin + 200 * DELAY);
        List<Long> full = finals.stream()
                .filter(f -> f.node == 0 && f.block.transactions().size() >= Batching.MANY)
                .map(f -> f.block.header().view())
                .toList();
        assertThat(full).hasSizeGreaterThan(3);
        for (int i = Batching.MAX_LEFT; i < full.size(); i++) {
            assertThat(finalizeVotes.subSet(full.get(i - Batching.MAX_LEFT), full.get(i) + 1))
                    .isNotEmpty();
        }
    }

    @Test
    void validatorsThatMissedDifferentBlocksStillMakeEveryFewBlocksFinal() {
        // who does not see a proposal cannot know what is in it, and misses another one than its neighbour
        TreeMap<Long, Integer> missed = new TreeMap<>();
        long begin = now;
        for (int i = 0; i < 80; i++) {
            for (int node = 0; node < SIZE; node++) {
                submit(node, batch(Batching.MANY));
            }
            mail.removeIf(d -> d.event instanceof Event.Received r
                    && r.message() instanceof Message.Proposal m
                    && m.block().transactions().size() >= Batching.MANY
                    && missed.size() < 2
                    && d.to == missed.size() + 2
                    && (missed.isEmpty() || m.block().header().view() == missed.firstKey() + 2)
                    && missed.put(m.block().header().view(), d.to) == null);
            runUntil(begin + (i + 1) * DELAY + 1);
        }
        assertThat(missed).hasSize(2);
        Map<Long, Integer> together = new TreeMap<>();
        finals.stream().filter(f -> f.node == 0).forEach(f -> together.merge(f.at, 1, Integer::sum));
        assertThat(together).hasSizeGreaterThan(5);
        assertThat(together.values()).allMatch(blocks -> blocks <= 2 * (Batching.MAX_LEFT + 1));
    }

    @Test
    void afterABatchALeaderExpectsTheNextOneForAMoment() {
        long begin = now;
        submit(leader(), batch(2 * Batching.MANY));
        runUntil(begin + 5 * DELAY + DELAY / 2);
        Transaction[] first = batch(Batching.MANY);
        submit(leader(), first);
        runUntil(begin + 8 * DELAY);
        Transaction[] second = batch(Batching.MANY);
        submit(leader(), second);
        runUntil(begin + 200 * DELAY);
        assertThat(with(first[0])).hasSize(SIZE).allMatch(f -> f.at - begin == 13 * DELAY);
        assertThat(with(second[0])).hasSize(SIZE).allMatch(f -> f.at - begin == 13 * DELAY);
    }

    @Test
    void aBatchThatDoesNotComeIsNotWaitedForLongerThanAFiftiethOfTheTimeout() {
        long begin = now;
        submit(leader(), batch(2 * Batching.MANY));
        runUntil(begin + 5 * DELAY + DELAY / 2);
        Transaction alone = cluster.transaction("a=1");
        submit(leader(), alone);
        runUntil(begin + 200 * DELAY);
        long expected = 5 * DELAY + cluster.genesis.parameters().leaderTimeoutMillis() * DELAY / 50;
        assertThat(with(alone)).hasSize(SIZE).allMatch(f -> f.at - begin == expected + 3 * DELAY);
    }
}
