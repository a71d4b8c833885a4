/** Measurements of the suite, side by side with what it stands on. */
module online.hypermesh.bench {
    requires com.fasterxml.jackson.databind;
    requires hdds.erasurecode;
    requires info.picocli;
    requires io.netty.buffer;
    requires io.netty.codec.classes.quic;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires java.management;
    requires jdk.jfr;
    requires jdk.management;
    requires online.hypermesh.api;
    requires online.hypermesh.impl;
    requires online.hypermesh.sim;
    requires online.hypermesh.stoq.accp;
    requires online.hypermesh.stoq;
    requires online.hypermesh.stoq.kwik;
    requires online.hypermesh.stoq.netty;
    requires static org.jspecify;
    requires tech.kwik.core;

    opens online.hypermesh.bench to
            info.picocli;
}
