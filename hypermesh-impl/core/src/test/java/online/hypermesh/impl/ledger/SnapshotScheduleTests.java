package online.hypermesh.impl.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.ledger.Network4.PutModule;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class SnapshotScheduleTests {
    private static final long WORK = 40;

    private final Network4 net = new Network4();

    private LedgerTree tree() {
        LedgerTree tree =
                new LedgerTree(net.genesis, List.of(new PutModule("kv"), new PutModule("other")), TransactionGate.OPEN);
        tree.scheduleSnapshots(WORK);
        return tree;
    }

    @Test
    void whoCatchesUpWithHundredsOfBlocksAtOnceTakesTheSnapshotsOfThoseWhoWereThere() {
        LedgerTree there = tree();
        LedgerTree behind = tree();
        List<Digest> due = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Block block = i % 3 == 0 ? net.commit(net.put(50, i + 1, "k" + i, "v")) : net.commit();
            blocks.add(block);
            there.add(block);
            there.finalizeUpTo(block.id());
            Optional<StateBase> base = there.takeDue(block.id());
            base.ifPresent(b -> {
                assertThat(SnapshotSchedule.isPossibleAfter(b.header())).isTrue();
                assertThat(b.state().root()).isEqualTo(there.stateRoot(block.id()));
                due.add(b.header().id());
            });
            assertThat(there.takeDue(block.id())).as("once").isEmpty();
        }
        assertThat(due).hasSizeGreaterThan(4);
        blocks.forEach(behind::add);
        blocks.forEach(b -> behind.finalizeUpTo(b.id()));
        List<Digest> taken = blocks.stream()
                .map(Block::id)
                .filter(id -> behind.takeDue(id).isPresent())
                .toList();
        assertThat(taken).isEqualTo(due.subList(due.size() - 2, due.size()));
    }

    @Test
    void aLargeStateMakesSnapshotsRarer() {
        SnapshotSchedule schedule = new SnapshotSchedule(WORK);
        List<Long> due = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Block block = net.commit();
            if (schedule.isDue(block.header(), 0, 400)) {
                due.add(block.header().height());
            }
        }
        assertThat(due).containsExactly(207L, 415L, 623L, 831L);
    }
}
