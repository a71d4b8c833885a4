/** Recognises Ed25519 signatures with AWS-LC, the native library behind the Amazon Corretto Crypto Provider. */
module online.hypermesh.stoq.accp {
    requires com.amazon.corretto.crypto.provider;
    requires transitive online.hypermesh.stoq.base;
    requires static org.jspecify;

    exports online.hypermesh.stoq.accp;
}
