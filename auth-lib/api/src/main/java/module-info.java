/** Authentication and authorization: interfaces, rules, decisions and the policy's encodings. */
module online.hypermesh.auth.api {
    requires transitive online.hypermesh.api;
    requires transitive online.hypermesh.stoq;
    requires static org.jspecify;

    exports online.hypermesh.auth.api;
}
