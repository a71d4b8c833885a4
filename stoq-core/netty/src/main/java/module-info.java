/** STOQ engine on Netty QUIC: quiche and BoringSSL, with X25519MLKEM768. */
module online.hypermesh.stoq.netty {
    requires transitive online.hypermesh.stoq;
    requires io.netty.buffer;
    requires io.netty.codec.classes.quic;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires static org.jspecify;

    exports online.hypermesh.stoq.netty;

    provides online.hypermesh.stoq.spi.TransportEngine with
            online.hypermesh.stoq.netty.NettyEngine;
}
