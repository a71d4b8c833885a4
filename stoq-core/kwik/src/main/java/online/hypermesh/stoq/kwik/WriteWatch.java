package online.hypermesh.stoq.kwik;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Wakes writers that wait in Kwik for longer than they should, by interrupting them; they ask Kwik to send again and repeat
 * the write, of which nothing was taken. One thread, asleep while nobody writes. Thread-safe.
 */
final class WriteWatch implements AutoCloseable {
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int MAX_DOUBLINGS = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Writer> writers = new LinkedHashSet<>();
    private final KwikHealth health;
    private boolean closed;

    WriteWatch(KwikHealth health) {
        this.health = health;
        Thread thread = new Thread(this::run, "stoq-kwik-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** The calling thread begins to write. */
    Writer enter() {
        Writer writer = new Writer(Thread.currentThread());
        lock.lock();
        try {
            writers.add(writer);
            if (writers.size() == 1) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        return writer;
    }

    private void run() {
        while (true) {
            List<Writer> now;
            lock.lock();
            try {
                while (writers.isEmpty() && !closed) {
                    changed.awaitUninterruptibly();
                }
                if (writers.isEmpty()) {
                    return;
                }
                now = List.copyOf(writers);
            } finally {
                lock.unlock();
            }
            long nanos = System.nanoTime();
            for (Writer writer : now) {
                writer.check(nanos);
            }
            LockSupport.parkNanos(TICK_NANOS);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** One writing thread. {@link #check} runs on the watch's thread, everything else on the writer's. */
    final class Writer implements AutoCloseable {
        private static final long IDLE = 0;
        private static final long WAKING = -1;

        private final Thread thread;

        /** When the write in progress is to be woken; also IDLE, or WAKING while the interrupt is on its way. */
        private final AtomicLong wakeAt = new AtomicLong(IDLE);

        private long startedNanos;
        private int repetitions;

        private Writer(Thread thread) {
            this.thread = thread;
        }

        /** A write begins. */
        void begin() {
            startedNanos = System.nanoTime();
            repetitions = 0;
            arm(startedNanos);
        }

        /** The write was woken and begins again. */
        void again() {
            health.nudged();
            repetitions++;
            arm(System.nanoTime());
        }

        private void arm(long now) {
            long pause = TimeUnit.MILLISECONDS.toNanos(KwikSettings.NUDGE_AFTER_MILLIS)
                    << Math.min(repetitions, MAX_DOUBLINGS);
            long at = now + pause;
            wakeAt.set(at == IDLE || at == WAKING ? 1 : at);
        }

        /** The write returned or was woken: no interrupt comes any more, and none is left behind. */
        void disarm() {
            long at = wakeAt.get();
            while (at == WAKING || !wakeAt.compareAndSet(at, IDLE)) {
                Thread.onSpinWait();
                at = wakeAt.get();
                if (at == IDLE) {
                    break;
                }
            }
            Thread.interrupted();
        }

        /** The write is done. */
        void end() {
            disarm();
            if (repetitions > 0
                    && System.nanoTime() - startedNanos > TimeUnit.MILLISECONDS.toNanos(KwikSettings.STALL_MILLIS)) {
                health.stalled();
            }
        }

        private void check(long now) {
            long at = wakeAt.get();
            if (at != IDLE && at != WAKING && now - at > 0 && wakeAt.compareAndSet(at, WAKING)) {
                thread.interrupt();
                wakeAt.set(IDLE);
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                writers.remove(this);
            } finally {
                lock.unlock();
            }
        }
    }
}
