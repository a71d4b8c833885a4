/** The reference node: wiring, command line, configuration. */
module online.hypermesh.node {
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.yaml;
    requires info.picocli;
    requires java.logging;
    requires online.hypermesh.api;
    requires online.hypermesh.auth;
    requires online.hypermesh.auth.api;
    requires online.hypermesh.bootstrap;
    requires online.hypermesh.impl;
    requires online.hypermesh.stoq;
    requires online.hypermesh.stoq.base;
    requires online.hypermesh.trustchain;
    requires online.hypermesh.trustchain.api;
    requires org.bouncycastle.provider;
    requires org.dnsjava;
    requires static org.jspecify;

    exports online.hypermesh.node.config;
    exports online.hypermesh.node.keys;

    opens online.hypermesh.node.cli to
            info.picocli;
}
