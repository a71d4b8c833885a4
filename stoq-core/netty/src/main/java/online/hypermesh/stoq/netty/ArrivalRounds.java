package online.hypermesh.stoq.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import java.util.ArrayDeque;

/**
 * Gathers what the datagrams that arrived together give to do, and does it before the library looks for something to send: one
 * packet then carries answers, acknowledgements and windows. First handler of its socket; confined to the event loop.
 */
final class ArrivalRounds extends ChannelInboundHandlerAdapter {
    private static final System.Logger LOG = System.getLogger(ArrivalRounds.class.getName());
    private static final AttributeKey<ArrivalRounds> KEY = AttributeKey.valueOf(ArrivalRounds.class, "rounds");

    /** What one round may do; the rest waits for its turn on the event loop. */
    private static final int MAX_TASKS = 4096;

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    /** What waits for the next round. */
    private final ArrayDeque<Runnable> next = new ArrayDeque<>();

    private boolean arriving;

    /** Those of a socket. */
    static ArrivalRounds of(Channel socket) {
        return socket.attr(KEY).get();
    }

    /** Takes a task for the end of the round; false if there is none, or if much is to be done already. */
    boolean add(Runnable task) {
        return arriving && tasks.size() < MAX_TASKS && tasks.add(task);
    }

    /** Takes a task for the end of the next round; false if too much waits for it. */
    boolean addToNext(Runnable task) {
        return next.size() < MAX_TASKS && next.add(task);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        context.channel().attr(KEY).set(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        arriving = true;
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        int left = MAX_TASKS;
        tasks.addAll(next);
        next.clear();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            arriving = --left > 0;
            try {
                task.run();
            } catch (RuntimeException e) {
                // as on the event loop, one that fails does not keep the others from running
                LOG.log(System.Logger.Level.WARNING, "a task of the event loop failed", e);
            }
        }
        arriving = false;
        context.fireChannelReadComplete();
    }
}
