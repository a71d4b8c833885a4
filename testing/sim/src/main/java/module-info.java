/** Runs the production cores under a seeded network, disk and clock. */
module online.hypermesh.sim {
    requires transitive online.hypermesh.impl;
    requires java.compiler;
    requires static org.jspecify;

    exports online.hypermesh.sim.dht;
    exports online.hypermesh.sim;
    exports online.hypermesh.sim.history;
}
