/** The kernel's interfaces: genesis, consensus, ledger, storage, content stores, assets. */
module online.hypermesh.api {
    requires transitive online.hypermesh.stoq.base;
    requires static org.jspecify;

    exports online.hypermesh.api.asset;
    exports online.hypermesh.api.block;
    exports online.hypermesh.api.consensus;
    exports online.hypermesh.api.content;
    exports online.hypermesh.api.dht;
    exports online.hypermesh.api.error;
    exports online.hypermesh.api.genesis;
    exports online.hypermesh.api.ledger;
    exports online.hypermesh.api.proof;
    exports online.hypermesh.api.storage;
}
