package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import online.hypermesh.stoq.TransportLimits;
import org.junit.jupiter.api.Test;

class InboundHandshakesTests {
    private static final byte[] CONNECTION_ID = {1, 2, 3, 4, 5, 6, 7, 8};
    private final TransportLimits always =
            TransportLimits.DEFAULT.toBuilder().retryAboveHandshakes(0).build();
    private final InboundHandshakes handshakes = new InboundHandshakes(always);

    private static InetSocketAddress at(String literal, int port) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(literal), port);
    }

    private ByteBuf token(InetSocketAddress client) {
        ByteBuf token = Unpooled.buffer();
        assertThat(handshakes.writeToken(token, Unpooled.wrappedBuffer(CONNECTION_ID), client))
                .isTrue();
        return token;
    }

    @Test
    void aTokenIsGoodForTheAddressItWasSentTo() throws Exception {
        ByteBuf token = token(at("2001:db8::1", 1000));
        int offset = handshakes.validateToken(token.slice(), at("2001:db8::1", 1000));
        byte[] original = new byte[token.readableBytes() - offset];
        token.getBytes(offset, original);
        assertThat(original).isEqualTo(CONNECTION_ID);
        assertThat(handshakes.validateToken(token.slice(), at("2001:db8::1", 1001)))
                .isNegative();
        assertThat(handshakes.validateToken(token.slice(), at("2001:db8::2", 1000)))
                .isNegative();
        assertThat(new InboundHandshakes(always).validateToken(token.slice(), at("2001:db8::1", 1000)))
                .as("another server's key")
                .isNegative();
    }

    @Test
    void noBitOfATokenCanBeChangedAndNoneTakenAway() throws Exception {
        InetSocketAddress client = at("2001:db8::1", 1000);
        ByteBuf token = token(client);
        for (int bit = 0; bit < 8 * token.readableBytes(); bit++) {
            ByteBuf changed = token.copy();
            changed.setByte(bit / 8, changed.getByte(bit / 8) ^ (1 << (bit % 8)));
            assertThat(handshakes.validateToken(changed, client))
                    .as("bit " + bit)
                    .isNegative();
        }
        for (int length = 0; length < token.readableBytes(); length++) {
            assertThat(handshakes.validateToken(token.slice(0, length), client))
                    .as("length " + length)
                    .isNegative();
        }
    }

    @Test
    void oneNetworkGetsItsShareAndMustShowItsAddressFromHalfOfItOn() throws Exception {
        InboundHandshakes shared = new InboundHandshakes(TransportLimits.DEFAULT.toBuilder()
                .maxHandshakes(16)
                .retryAboveHandshakes(16)
                .maxHandshakesPerSource(4)
                .build());
        InetSocketAddress flooding = at("2001:db8:0:1::1", 1);
        InetSocketAddress neighbour = at("2001:db8:0:1:ffff::2", 2);
        InetSocketAddress other = at("2001:db8:0:2::1", 1);
        assertThat(asksForAToken(shared, flooding)).isFalse();
        assertThat(shared.enter(flooding.getAddress())).isTrue();
        assertThat(shared.enter(flooding.getAddress())).isTrue();
        assertThat(asksForAToken(shared, neighbour)).isTrue();
        assertThat(asksForAToken(shared, other)).isFalse();
        ByteBuf token = Unpooled.buffer();
        shared.writeToken(token, Unpooled.wrappedBuffer(CONNECTION_ID), neighbour);
        assertThat(shared.validateToken(token.slice(), neighbour)).isPositive();
        assertThat(shared.enter(neighbour.getAddress())).isTrue();
        assertThat(shared.enter(neighbour.getAddress())).isTrue();
        assertThat(shared.validateToken(token.slice(), neighbour))
                .as("the share is taken")
                .isNegative();
        assertThat(asksForAToken(shared, other)).isFalse();
        shared.leave(flooding.getAddress());
        assertThat(shared.validateToken(token.slice(), neighbour)).isPositive();
    }

    private static boolean asksForAToken(InboundHandshakes handshakes, InetSocketAddress client) {
        return handshakes.writeToken(Unpooled.buffer(), Unpooled.wrappedBuffer(CONNECTION_ID), client);
    }

    @Test
    void belowTheThresholdNobodyIsAskedForAToken() throws Exception {
        InboundHandshakes calm = new InboundHandshakes(TransportLimits.DEFAULT);
        assertThat(calm.writeToken(Unpooled.buffer(), Unpooled.wrappedBuffer(CONNECTION_ID), at("::1", 1)))
                .isFalse();
    }
}
