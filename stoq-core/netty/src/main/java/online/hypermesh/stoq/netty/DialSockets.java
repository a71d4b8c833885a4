package online.hypermesh.stoq.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sockets whose connection has ended, for the next connection to the same server: the library reads the system's certificate
 * store whenever it prepares a socket for dialing, which costs more than a handshake. A socket carries one connection at a
 * time. Thread-safe.
 */
final class DialSockets {
    private static final int MAX_IDLE = 64;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * What a socket is prepared for.
     *
     * @param remote the server
     * @param tls what is offered to it
     */
    record Target(InetSocketAddress remote, ClientTls.Offered tls) {}

    /** A connected socket. */
    static final class Socket {
        private final Target target;
        private final ChannelFuture ready;
        private final Channel channel;
        private final UnreachableWatch watch;
        private long idleSinceNanos;
        private boolean timed;

        Socket(Target target, ChannelFuture ready, UnreachableWatch watch) {
            this.target = target;
            this.ready = ready;
            this.channel = ready.channel();
            this.watch = watch;
        }

        /** Completes when the system has connected it. */
        ChannelFuture ready() {
            return ready;
        }

        Channel channel() {
            return channel;
        }

        UnreachableWatch watch() {
            return watch;
        }
    }

    private final Map<Target, ArrayDeque<Socket>> idle = new HashMap<>();
    private int idleTogether;
    private boolean closed;

    /** An idle socket for a server; null if there is none. */
    synchronized @Nullable Socket take(Target target) {
        ArrayDeque<Socket> line = idle.get(target);
        while (line != null && !line.isEmpty()) {
            Socket socket = line.removeLast();
            idleTogether--;
            if (line.isEmpty()) {
                idle.remove(target);
            }
            if (socket.channel.isActive()) {
                return socket;
            }
        }
        return null;
    }

    /** The connection of a socket has ended in peace. */
    void giveBack(Socket socket) {
        socket.watch.rest();
        boolean kept;
        synchronized (this) {
            kept = !closed && idleTogether < MAX_IDLE && socket.channel.isActive();
            if (kept) {
                socket.idleSinceNanos = System.nanoTime();
                idle.computeIfAbsent(socket.target, target -> new ArrayDeque<>(2))
                        .addLast(socket);
                idleTogether++;
                if (!socket.timed) {
                    socket.timed = true;
                    kept = schedule(socket, IDLE_NANOS);
                }
            }
        }
        if (!kept) {
            socket.channel.close();
        }
    }

    private boolean schedule(Socket socket, long afterNanos) {
        try {
            socket.channel.eventLoop().schedule(() -> expire(socket), afterNanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void expire(Socket socket) {
        boolean over;
        synchronized (this) {
            ArrayDeque<Socket> line = idle.get(socket.target);
            if (line == null || !line.contains(socket)) {
                socket.timed = false;
                return;
            }
            long leftNanos = socket.idleSinceNanos + IDLE_NANOS - System.nanoTime();
            over = leftNanos <= 0 || !schedule(socket, leftNanos);
            if (over) {
                line.remove(socket);
                idleTogether--;
                if (line.isEmpty()) {
                    idle.remove(socket.target);
                }
            }
        }
        if (over) {
            socket.channel.close();
        }
    }

    /** Keeps none from now on; the owner closes those that are idle. */
    synchronized void close() {
        closed = true;
        idle.clear();
        idleTogether = 0;
    }
}
