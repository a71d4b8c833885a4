package online.hypermesh.stoq.netty;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Lets a few streams of a connection send many bytes at a time while the others wait in line: on each packet the library
 * visits every stream that is not finished at either end, so that a thousand half-sent streams cost a thousand visits. Turns
 * of streams whose peer does not read are not waited for. Confined to the event loop.
 */
final class SendTurns {
    /** Frames of fewer bytes pass without a turn. */
    static final int MANY_BYTES = 16 * 1024;

    /** After so many bytes a stream goes to the end of the line. */
    static final long TURN_BYTES = 1 << 20;

    /** Streams that send many bytes at the same time. */
    static final int MAX_TURNS = 16;

    private static final long STALL_MILLIS = 10;

    private final ArrayDeque<NettyStream> line = new ArrayDeque<>();
    private int turns;
    private boolean admitting;
    private boolean watching;
    private boolean admitted;

    /** Takes a turn; false if the stream waits now and will be told. */
    boolean enter(NettyStream stream, EventExecutor loop) {
        if (turns < MAX_TURNS && line.isEmpty()) {
            turns++;
            return true;
        }
        line.add(stream);
        watch(loop);
        return false;
    }

    boolean othersWait() {
        return !line.isEmpty();
    }

    /** A turn is over. */
    void leave() {
        turns--;
        admit(MAX_TURNS - turns);
    }

    private void admit(int places) {
        if (admitting) {
            return;
        }
        admitting = true;
        try {
            for (int left = places; left > 0 && !line.isEmpty(); left = MAX_TURNS - turns) {
                turns++;
                admitted = true;
                line.remove().turn();
            }
        } finally {
            admitting = false;
        }
    }

    /** While a line waits, looks whether it moves. */
    private void watch(EventExecutor loop) {
        if (watching) {
            return;
        }
        watching = true;
        admitted = false;
        try {
            loop.schedule(() -> look(loop), STALL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            line.clear();
        }
    }

    private void look(EventExecutor loop) {
        watching = false;
        if (!admitted) {
            for (int i = 0; i < MAX_TURNS && !line.isEmpty(); i++) {
                turns++;
                line.remove().turn();
            }
        }
        if (!line.isEmpty()) {
            watch(loop);
        }
    }
}
