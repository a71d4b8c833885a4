/** The ground floor: canonical encoding, domain-separated hashing and signing, node identity, coded errors. No I/O. */
module online.hypermesh.stoq.base {
    requires org.bouncycastle.provider;
    requires static org.jspecify;

    exports online.hypermesh.stoq.base.cbor;
    exports online.hypermesh.stoq.base.crypto;
    exports online.hypermesh.stoq.base.error;
    exports online.hypermesh.stoq.base.id;
}
