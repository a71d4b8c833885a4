/** The phased bootstrapper: a pure state machine of guards, deadlines and a ratchet. */
module online.hypermesh.bootstrap {
    requires transitive online.hypermesh.api;
    requires static org.jspecify;

    exports online.hypermesh.bootstrap;
}
