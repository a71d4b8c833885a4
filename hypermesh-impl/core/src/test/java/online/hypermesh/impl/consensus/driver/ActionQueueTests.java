package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.impl.ledger.Receipts;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ActionQueueTests {
    /** What happened, in order: "+1" a vote collected, "sync 2" so many made durable, and actions by their text. */
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    private final Semaphore disk = new Semaphore(0);
    private final Semaphore woken = new Semaphore(0);
    private final CountDownLatch begun = new CountDownLatch(1);
    private boolean broken;

    private final ActionQueue.Votes votes = new ActionQueue.Votes() {
        private int pending;

        @Override
        public void append(VoteRecord record) {
            pending++;
            log.add("+" + record.at().view());
        }

        @Override
        public boolean isDirty() {
            return pending > 0;
        }

        @Override
        public void flush() {
            begun.countDown();
            disk.acquireUninterruptibly();
            if (broken) {
                throw new HypermeshException(Code.STORAGE_FAILED, Retry.NEVER, "no disk");
            }
            log.add("sync " + pending);
            pending = 0;
        }
    };

    private final ActionQueue queue = new ActionQueue(votes, a -> log.add(text(a)), woken::release);

    @AfterEach
    void close() {
        disk.release(100);
        queue.close();
    }

    private static String text(Action action) {
        if (action instanceof Action.SigningChanged s) {
            return s.state();
        }
        return action instanceof Action.Broadcast b ? String.valueOf(((Message.Position) b.message()).view()) : "end";
    }

    private static Action vote(long view) {
        return new Action.Persist(new VoteRecord.Floor(new EpochView(0, view)));
    }

    private static Action act(String what) {
        return new Action.SigningChanged(what);
    }

    @Test
    void nothingAfterAVoteHappensBeforeItIsDurable() throws Exception {
        queue.add(List.of(act("a"), vote(1), act("b")));
        queue.advance();
        begun.await();
        queue.add(List.of(act("c")));
        queue.advance();
        assertThat(log).containsExactly("a", "+1");
        disk.release();
        assertThat(woken.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        queue.advance();
        assertThat(log).containsExactly("a", "+1", "sync 1", "b", "c");
    }

    @Test
    void votesThatWaitTogetherAreSyncedOnce() throws Exception {
        queue.add(List.of(vote(1), act("a"), vote(2), act("b")));
        disk.release();
        queue.drain();
        assertThat(log).containsExactly("+1", "+2", "sync 2", "a", "b");
    }

    @Test
    void votesThatComeDuringASyncHaveTheNext() throws Exception {
        queue.add(List.of(vote(1), act("a")));
        queue.advance();
        begun.await();
        queue.add(List.of(vote(2), act("b")));
        queue.add(List.of(vote(3), act("c")));
        disk.release(2);
        queue.drain();
        assertThat(log).containsExactly("+1", "sync 1", "a", "+2", "+3", "sync 2", "b", "c");
    }

    @Test
    void votesOfTheNextEpochAreRememberedAfterTheBlockThatEndsThisOne() throws Exception {
        queue.add(List.of(vote(1), act("a"), end(), vote(2), act("b")));
        assertThat(queue.hasRoom()).as("the core waits").isFalse();
        disk.release(2);
        queue.drain();
        assertThat(queue.hasRoom()).isTrue();
        assertThat(log).containsExactly("+1", "sync 1", "a", "end", "+2", "sync 1", "b");
    }

    @Test
    void aVoteThatNothingWaitsForIsMadeDurable() throws Exception {
        queue.add(List.of(vote(1)));
        disk.release();
        queue.drain();
        assertThat(log).containsExactly("+1", "sync 1");
    }

    @Test
    void afterAFailedSyncNothingHappens() {
        broken = true;
        disk.release();
        queue.add(List.of(vote(1), act("a")));
        assertThatThrownBy(queue::drain)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.STORAGE_FAILED));
        assertThat(log).containsExactly("+1");
    }

    @Test
    void theCoreWaitsWhenTooMuchDoes() throws Exception {
        queue.add(List.of(vote(1)));
        queue.add(Collections.nCopies(ActionQueue.MAX_WAITING, act("a")));
        assertThat(queue.hasRoom()).isFalse();
        disk.release();
        queue.drain();
        assertThat(queue.hasRoom()).isTrue();
    }

    @Test
    void messagesThatWaitedAreSentByTheThreadThatSyncs() throws Exception {
        queue.add(List.of(vote(1), message(7), message(8), act("a"), message(9)));
        queue.advance();
        begun.await();
        disk.release();
        assertThat(woken.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        assertThat(log).containsExactly("+1", "sync 1", "7", "8");
        queue.drain();
        assertThat(log).containsExactly("+1", "sync 1", "7", "8", "a", "9");
    }

    private static Action message(long view) {
        return new Action.Broadcast(new Message.Position(0, view, 0, 0));
    }

    private static Action end() {
        Digest other = Digest.sha256(new byte[] {1});
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                new NetworkId(other),
                0,
                1,
                0,
                1,
                other,
                other,
                other,
                other,
                other,
                other,
                other,
                other,
                other,
                0,
                new NodeId(other),
                other,
                0,
                0);
        Block closing = new Block(header, List.of(), List.of());
        ExecutedBlock executed = new ExecutedBlock(closing.id(), closing, List.of(), Receipts.NONE, other);
        return new Action.Finalized(
                List.of(executed),
                new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, 1, closing.id()), List.of()),
                List.of());
    }
}
