/** Certificates, transparency log and names: interfaces and the records they exchange. */
module online.hypermesh.trustchain.api {
    requires transitive online.hypermesh.stoq;
    requires transitive online.hypermesh.api;
    requires static org.jspecify;

    exports online.hypermesh.trustchain.api;
    exports online.hypermesh.trustchain.api.certificates;
    exports online.hypermesh.trustchain.api.log;
    exports online.hypermesh.trustchain.api.names;
}
