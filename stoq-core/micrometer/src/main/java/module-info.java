/** Shows what STOQ does in a Micrometer registry. */
module online.hypermesh.stoq.micrometer {
    requires transitive micrometer.core;
    requires transitive online.hypermesh.stoq;
    requires static org.jspecify;

    exports online.hypermesh.stoq.micrometer;
}
