package online.hypermesh.stoq.netty;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.Errors;
import java.net.PortUnreachableException;
import org.jspecify.annotations.Nullable;

/**
 * Watches a connected socket for the system's report that nobody listens at the other end (ICMPv6 port unreachable). Before
 * anything was heard one report counts, afterwards two without a datagram in between, so that a single stray or forged one
 * ends nothing. Confined to the event loop once installed.
 */
final class UnreachableWatch extends ChannelDuplexHandler {
    private static final int REPORTS_ONCE_HEARD = 2;

    private @Nullable Runnable action;
    private boolean heard;
    private int reports;

    /** Begins anew, for a connection that is about to be made. */
    void watch(Runnable unreachable) {
        action = unreachable;
        heard = false;
        reports = 0;
    }

    /** The connection has ended; reports are of no interest until the next one. */
    void rest() {
        action = null;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        heard = true;
        reports = 0;
        context.fireChannelRead(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof PortUnreachableException)) {
            context.fireExceptionCaught(cause);
            return;
        }
        reported();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (heard) {
            context.write(message, promise);
            return;
        }
        // the report may come with the next send instead of with a read
        context.write(message, promise.unvoid().addListener(done -> {
            if (done.cause() instanceof PortUnreachableException
                    || done.cause() instanceof Errors.NativeIoException refused
                            && refused.expectedErr() == Errors.ERROR_ECONNREFUSED_NEGATIVE) {
                reported();
            }
        }));
    }

    private void reported() {
        reports++;
        Runnable told = action;
        if (told != null && (!heard || reports >= REPORTS_ONCE_HEARD)) {
            told.run();
        }
    }
}
