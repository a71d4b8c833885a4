/** Peer identity and a default-deny access policy kept on the ledger. */
module online.hypermesh.auth {
    requires transitive online.hypermesh.auth.api;
    requires transitive online.hypermesh.trustchain.api;
    requires static org.jspecify;

    exports online.hypermesh.auth;
}
