/** QUIC over IPv6 with mutual node identity: interfaces and engine-independent logic. */
module online.hypermesh.stoq {
    requires transitive online.hypermesh.stoq.base;
    requires org.bouncycastle.pkix;
    requires org.bouncycastle.provider;
    requires org.bouncycastle.util;
    requires static org.jspecify;

    exports online.hypermesh.stoq;
    exports online.hypermesh.stoq.memory;
    exports online.hypermesh.stoq.messaging;
    exports online.hypermesh.stoq.session;
    exports online.hypermesh.stoq.spi;

    uses online.hypermesh.stoq.spi.TransportEngine;
}
