package online.hypermesh.impl.consensus.driver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** What waits for the consensus thread: bounded, with a budget per peer. Thread-safe. */
final class Inbox {
    /** Most messages of one peer. */
    static final int MAX_PEER_MESSAGES = 2048;
    /** Most bytes of one peer's messages. */
    static final long MAX_PEER_BYTES = 24L << 20;
    /** Most of this node's own events and tasks. */
    static final int MAX_OWN = 65_536;

    /** One thing to do: an event or a task; neither when it only wakes whoever takes it. */
    record Item(
            @Nullable Event event,
            @Nullable Runnable task,
            @Nullable NodeId peer,
            int bytes) {}

    private static final class Budget {
        private int messages;
        private long bytes;
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final ArrayDeque<Item> items = new ArrayDeque<>();
    private final Map<NodeId, Budget> budgets = new HashMap<>();
    private int own;

    /** Queues a peer's message; false when the peer's budget is spent. */
    boolean fromPeer(NodeId peer, Event event, int bytes) {
        lock.lock();
        try {
            Budget budget = budgets.computeIfAbsent(peer, p -> new Budget());
            if (budget.messages >= MAX_PEER_MESSAGES || budget.bytes + bytes > MAX_PEER_BYTES) {
                return false;
            }
            budget.messages++;
            budget.bytes += bytes;
            put(new Item(event, null, peer, bytes));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Queues an event of this node; false when too many wait. */
    boolean own(Event event) {
        return own(new Item(event, null, null, 0));
    }

    /** Queues a task for the consensus thread; false when too many wait. */
    boolean own(Runnable task) {
        return own(new Item(null, task, null, 0));
    }

    /** Queues the one answer that the core waits for, however many others wait. */
    void answer(Event event) {
        lock.lock();
        try {
            own++;
            put(new Item(event, null, null, 0));
        } finally {
            lock.unlock();
        }
    }

    /** Has whoever waits in {@link #take} return, however many others wait. */
    void wake() {
        lock.lock();
        try {
            own++;
            put(new Item(null, null, null, 0));
        } finally {
            lock.unlock();
        }
    }

    private boolean own(Item item) {
        lock.lock();
        try {
            if (own >= MAX_OWN) {
                return false;
            }
            own++;
            put(item);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void put(Item item) {
        items.add(item);
        filled.signal();
    }

    /** Takes up to a number of items, waiting for the first one. */
    List<Item> take(int max, long waitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = waitNanos;
            while (items.isEmpty() && left > 0) {
                left = filled.awaitNanos(left);
            }
            List<Item> taken = new ArrayList<>(Math.min(max, items.size()));
            while (taken.size() < max) {
                Item item = items.poll();
                if (item == null) {
                    break;
                }
                release(item);
                taken.add(item);
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void release(Item item) {
        NodeId peer = item.peer();
        if (peer == null) {
            own--;
            return;
        }
        Budget budget = budgets.get(peer);
        if (budget != null) {
            budget.messages--;
            budget.bytes -= item.bytes();
            if (budget.messages == 0) {
                budgets.remove(peer);
            }
        }
    }
}
