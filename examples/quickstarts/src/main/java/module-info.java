/** The snippets of the documentation, compiled and run by the build. */
module online.hypermesh.quickstart {
    requires online.hypermesh.impl;
    requires online.hypermesh.stoq;
    requires static org.jspecify;
}
