package online.hypermesh.stoq.netty;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a few streams of a connection send much at a time while the others wait in line: for each packet that arrives, the
 * library visits every stream that is half sent, on either side, so that a thousand of them cost a thousand visits. A turn is
 * a bounded number of bytes; one whose peer does not read is not waited for. Confined to the event loop.
 */
final class SendTurns {
    /** Frames of fewer bytes pass without a turn. */
    static final int MANY_BYTES = 8 * 1024;

    /** A turn that has had so many bytes is over, if others wait and it has had its time. */
    private static final long TURN_BYTES = 256 * 1024;

    /** What a fast path gets into a turn: the fewer streams are half sent, the less both sides visit. */
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Streams that send much at the same time. */
    static final int MAX_TURNS = 4;

    private static final long STALL_MILLIS = 20;

    private final NettyConnection connection;
    private final List<NettyStream> holders = new ArrayList<>(MAX_TURNS);
    private final ArrayDeque<NettyStream> line = new ArrayDeque<>(1);
    private @Nullable Backlog backlog;
    private boolean admitting;
    private boolean awaitsArrivals;
    private boolean watching;

    SendTurns(NettyConnection connection) {
        this.connection = connection;
    }

    private Backlog backlog() {
        Backlog known = backlog;
        if (known == null) {
            known = new Backlog(() -> Backlog.sentBy(connection.channel()));
            backlog = known;
        }
        return known;
    }

    /** The library took so many bytes of a stream. */
    void handed(int bytes) {
        backlog().handed(bytes);
    }

    /** Whether a turn of so many bytes, which began then, has lasted long enough for those who wait. */
    static boolean isSpent(long bytes, long beganNanos) {
        return bytes >= TURN_BYTES && System.nanoTime() - beganNanos >= TURN_NANOS;
    }

    /** Takes a turn; false if the stream waits in line now and will be told. */
    boolean enter(NettyStream stream) {
        if (holders.size() < MAX_TURNS
                && line.isEmpty()
                && !(connection.crowded() && backlog().isFull())) {
            holders.add(stream);
            return true;
        }
        line.add(stream);
        watch();
        return false;
    }

    boolean othersWait() {
        return !line.isEmpty();
    }

    /** The stream neither has a turn nor waits for one any more. */
    void leave(NettyStream stream) {
        if (!holders.remove(stream)) {
            line.remove(stream);
        }
        admitSoon();
    }

    /** Once the library has handled all packets that arrived together: before, it would take more than it can send. */
    private void admitSoon() {
        if (!admitting && !line.isEmpty()) {
            admitting = true;
            connection.run(this::admit);
        }
    }

    /** When something was acknowledged, the library may send more of what it has. */
    private void awaitArrivals() {
        if (!awaitsArrivals) {
            awaitsArrivals = connection.afterNextArrivals(() -> {
                awaitsArrivals = false;
                admit();
            });
        }
    }

    private void admit() {
        admitting = false;
        while (holders.size() < MAX_TURNS && !line.isEmpty()) {
            if (connection.crowded() && backlog().isFull()) {
                awaitArrivals();
                return;
            }
            NettyStream next = line.remove();
            holders.add(next);
            next.turn();
        }
    }

    /** While a line waits, looks whether it moves. */
    private void watch() {
        if (!watching) {
            watching = true;
            connection.later(this::look, STALL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        watching = false;
        if (line.isEmpty()) {
            return;
        }
        if (backlog().isStuck()) {
            backlog().forget();
        }
        for (NettyStream holder : List.copyOf(holders)) {
            if (!holder.moved()) {
                holders.remove(holder);
                holder.turnTaken();
            }
        }
        admit();
        if (!line.isEmpty()) {
            watch();
        }
    }
}
