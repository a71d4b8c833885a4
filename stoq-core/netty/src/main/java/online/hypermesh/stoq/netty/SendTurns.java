package online.hypermesh.stoq.netty;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lets a few streams of a connection send much at a time while the others wait in line: for each packet that arrives, the
 * library visits every stream that is half sent, on either side, so that a thousand of them cost a thousand visits. A turn is
 * a bounded number of bytes; one whose peer does not read is not waited for. Confined to the event loop.
 */
final class SendTurns {
    /** Frames of fewer bytes pass without a turn. */
    static final int MANY_BYTES = 8 * 1024;

    /** After so many bytes a stream goes to the end of the line, if there is one. */
    static final long TURN_BYTES = 256 * 1024;

    /** Streams that send much at the same time. */
    static final int MAX_TURNS = 4;

    private static final long STALL_MILLIS = 20;

    private final NettyConnection connection;
    private final List<NettyStream> holders = new ArrayList<>(MAX_TURNS);
    private final ArrayDeque<NettyStream> line = new ArrayDeque<>(1);
    private boolean admitting;
    private boolean watching;

    SendTurns(NettyConnection connection) {
        this.connection = connection;
    }

    /** Takes a turn; false if the stream waits in line now and will be told. */
    boolean enter(NettyStream stream) {
        if (holders.size() < MAX_TURNS && line.isEmpty()) {
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

    private void admit() {
        admitting = false;
        while (holders.size() < MAX_TURNS && !line.isEmpty()) {
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
