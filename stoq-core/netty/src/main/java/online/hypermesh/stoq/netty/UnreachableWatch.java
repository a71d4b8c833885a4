package online.hypermesh.stoq.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.PortUnreachableException;

/**
 * Watches a connected socket for the system's report that nobody listens at the other end (ICMPv6 port unreachable). Two
 * reports without a datagram in between count, so that a single stray or forged one ends nothing. Confined to the event
 * loop once installed.
 */
final class UnreachableWatch extends ChannelInboundHandlerAdapter {
    private static final int REPORTS = 2;

    private int reports;
    private volatile Runnable action = () -> {};

    void onUnreachable(Runnable newAction) {
        action = newAction;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        reports = 0;
        context.fireChannelRead(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof PortUnreachableException)) {
            context.fireExceptionCaught(cause);
            return;
        }
        reports++;
        if (reports >= REPORTS) {
            action.run();
        }
    }
}
