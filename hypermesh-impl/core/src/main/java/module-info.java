/** Reference implementation of the kernel. */
module online.hypermesh.impl {
    requires transitive online.hypermesh.api;
    requires transitive online.hypermesh.stoq;
    requires com.aayushatharva.brotli4j;
    requires com.github.benmanes.caffeine;
    requires org.bouncycastle.provider;
    requires static org.jspecify;

    exports online.hypermesh.impl.assembly;
    exports online.hypermesh.impl.asset;
    exports online.hypermesh.impl.block;
    exports online.hypermesh.impl.chunk;
    exports online.hypermesh.impl.consensus.driver;
    exports online.hypermesh.impl.consensus;
    exports online.hypermesh.impl.content;
    exports online.hypermesh.impl.content.exchange;
    exports online.hypermesh.impl.content.repository;
    exports online.hypermesh.impl.dht;
    exports online.hypermesh.impl.dht.driver;
    exports online.hypermesh.impl.erasure;
    exports online.hypermesh.impl.ledger;
    exports online.hypermesh.impl.proof;
    exports online.hypermesh.impl.proof.driver;
    exports online.hypermesh.impl.seal;
    exports online.hypermesh.impl.snapshot;
    exports online.hypermesh.impl.storage;
}
