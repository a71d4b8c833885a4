package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicTokenHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.HandshakePlaces;
import org.jspecify.annotations.Nullable;

/**
 * TLS handshakes in flight on a server's socket. Above a threshold, and for each source from half of its share on, a client
 * must first return a token that was sent to its address (RFC 9000 §8.1.2), for which the server keeps nothing: so nobody
 * takes places in another's name but few. Above the maximum, and above the source's share, nobody gets in until a place is
 * free, and clients repeat their first packet until then. A handshake that takes too long is ended. Confined to the socket's event loop.
 *
 * <p>A token is the time in nanoseconds (8 bytes), a MAC (16 bytes) over time, address, port and the connection id of the
 * client's first packet, and that connection id.
 */
final class InboundHandshakes implements QuicTokenHandler {
    private static final int MAC_BYTES = 16;
    private static final int HEAD_BYTES = 8 + MAC_BYTES;
    private static final int MAX_CONNECTION_ID_BYTES = 20;

    /** Long enough for a client to repeat its first packet a few times while it waits for a place. */
    private static final long TOKEN_LIFE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final TransportLimits limits;
    private final Mac mac;
    private final HandshakePlaces places;

    InboundHandshakes(TransportLimits limits) {
        this.limits = limits;
        this.places = new HandshakePlaces(limits.maxHandshakes(), limits.maxHandshakesPerSource());
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /** A client's first packet was accepted; its handshake has a place until it is complete or ended. */
    void began(QuicChannel channel) {
        InetAddress from = ((InetSocketAddress) channel.remoteSocketAddress()).getAddress();
        if (enter(from)) {
            channel.pipeline().addLast(new Place(from));
        } else {
            channel.close();
        }
    }

    boolean enter(InetAddress from) {
        return places.enter(from);
    }

    void leave(InetAddress from) {
        places.leave(from);
    }

    /** Gives the place back once; ends the connection if it is not complete in time. */
    private final class Place extends ChannelInboundHandlerAdapter {
        private @Nullable Future<?> limit;
        private final InetAddress from;
        private boolean left;

        Place(InetAddress from) {
            this.from = from;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            limit = context.executor()
                    .schedule(() -> context.close(), limits.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            leave();
            context.fireChannelActive();
            context.pipeline().remove(this);
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext context) {
            leave();
            context.fireChannelUnregistered();
        }

        private void leave() {
            if (!left) {
                left = true;
                InboundHandshakes.this.leave(from);
                if (limit != null) {
                    limit.cancel(false);
                }
            }
        }
    }

    @Override
    public boolean writeToken(ByteBuf out, ByteBuf connectionId, InetSocketAddress client) {
        int unproven = limits.maxHandshakesPerSource() / 2;
        if (places.taken() < limits.retryAboveHandshakes()
                && places.taken(client.getAddress()) < Math.max(1, unproven)) {
            return false;
        }
        byte[] original = new byte[Math.min(connectionId.readableBytes(), MAX_CONNECTION_ID_BYTES)];
        connectionId.getBytes(connectionId.readerIndex(), original);
        long now = System.nanoTime();
        out.writeLong(now).writeBytes(mac(now, client, original)).writeBytes(original);
        return true;
    }

    @Override
    public int validateToken(ByteBuf token, InetSocketAddress client) {
        int length = token.readableBytes();
        if (!places.free(client.getAddress()) || length < HEAD_BYTES || length > maxTokenLength()) {
            return -1;
        }
        int at = token.readerIndex();
        long time = token.getLong(at);
        byte[] given = new byte[MAC_BYTES];
        byte[] original = new byte[length - HEAD_BYTES];
        token.getBytes(at + 8, given);
        token.getBytes(at + HEAD_BYTES, original);
        long age = System.nanoTime() - time;
        boolean fresh = age >= 0 && age <= TOKEN_LIFE_NANOS;
        return MessageDigest.isEqual(given, mac(time, client, original)) && fresh ? HEAD_BYTES : -1;
    }

    @Override
    public int maxTokenLength() {
        return HEAD_BYTES + MAX_CONNECTION_ID_BYTES;
    }

    private byte[] mac(long time, InetSocketAddress client, byte[] original) {
        byte[] address = client.getAddress().getAddress();
        mac.update(ByteBuffer.allocate(8 + 2 + 1)
                .putLong(time)
                .putShort((short) client.getPort())
                .put((byte) address.length)
                .array());
        mac.update(address);
        mac.update(original);
        return Arrays.copyOf(mac.doFinal(), MAC_BYTES);
    }
}
