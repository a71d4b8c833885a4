/** STOQ engine on Kwik: QUIC in pure Java. */
module online.hypermesh.stoq.kwik {
    requires transitive online.hypermesh.stoq;
    requires static org.jspecify;
    requires tech.kwik.core;

    exports online.hypermesh.stoq.kwik;

    provides online.hypermesh.stoq.spi.TransportEngine with
            online.hypermesh.stoq.kwik.KwikEngine;
}
