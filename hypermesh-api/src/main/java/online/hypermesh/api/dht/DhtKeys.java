package online.hypermesh.api.dht;

import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/** Where things are in the key space. Nobody but a hash chooses the place of a record. */
public final class DhtKeys {
    private static final DomainTag RECORD = new DomainTag("hypermesh/dht-record-key/v1");
    private static final DomainTag PROVIDERS = new DomainTag("hypermesh/dht-providers-key/v1");

    private DhtKeys() {}

    /**
     * Where a publisher's record is.
     *
     * @param publisher its key
     * @param salt tells records of one publisher apart, at most {@link SignedRecord#MAX_SALT_BYTES}
     * @return the place
     */
    public static Digest ofRecord(VerifyKey publisher, byte[] salt) {
        return Hashing.hash(
                RECORD,
                new CborWriter().array(2).bytes(publisher.toBytes()).bytes(salt).toBytes());
    }

    /**
     * Where the providers of something are.
     *
     * @param subject what they provide, for example a pack's id
     * @return the place
     */
    public static Digest ofProviders(Digest subject) {
        return Hashing.hash(PROVIDERS, subject.toBytes());
    }
}
