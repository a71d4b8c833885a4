/** Short-lived certificates, the transparency log, ledger names and the adaptive resolver. */
module online.hypermesh.trustchain {
    requires transitive online.hypermesh.trustchain.api;
    requires org.bouncycastle.provider;
    requires org.dnsjava;
    requires static org.jspecify;

    exports online.hypermesh.trustchain.ca;
    exports online.hypermesh.trustchain.log;
    exports online.hypermesh.trustchain.names;
    exports online.hypermesh.trustchain.verify;
}
