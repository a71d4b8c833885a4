/** Behaviour every implementation of a HyperMesh interface owes its callers, as test suites to extend. */
module online.hypermesh.tck {
    requires transitive online.hypermesh.api;
    requires transitive online.hypermesh.stoq;
    requires transitive org.junit.jupiter.api;
    requires jdk.management;
    requires org.assertj.core;
    requires static org.jspecify;

    exports online.hypermesh.tck;
    exports online.hypermesh.tck.transport;
}
