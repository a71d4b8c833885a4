package online.hypermesh.impl.content.exchange;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.CodedException;

/** What clients and nodes say to each other about packs. */
final class ExchangeMessages {
    /** From a client: the node acts for it, towards the other validators too. */
    static final int CLIENT = 0;

    /** From a validator: the node acts by itself alone. */
    static final int REPLICA = 1;

    static final int MAX_PUT_BYTES = PackStorage.MAX_PACK_BYTES + 16;
    static final int MAX_ID_REQUEST_BYTES = 64;
    private static final int MAX_RECEIPTS = 1000;

    private ExchangeMessages() {}

    record Put(int kind, byte[] pack) {}

    record IdRequest(int kind, Digest id) {}

    static byte[] put(int kind, byte[] pack) {
        return new CborWriter(pack.length + 16).array(2).uint(kind).bytes(pack).toBytes();
    }

    static Put readPut(byte[] body) {
        CborReader r = new CborReader(body).expectArray(2);
        Put put = new Put(r.uint(REPLICA), r.bytes(PackStorage.MAX_PACK_BYTES));
        r.end();
        return put;
    }

    static byte[] idRequest(int kind, Digest id) {
        return new CborWriter().array(2).uint(kind).bytes(id.toBytes()).toBytes();
    }

    static IdRequest readIdRequest(byte[] body) {
        CborReader r = new CborReader(body).expectArray(2);
        IdRequest request = new IdRequest(r.uint(REPLICA), Digest.of(r.fixedBytes(Digest.LENGTH)));
        r.end();
        return request;
    }

    static byte[] stored(Digest id) {
        return new CborWriter().array(1).bytes(id.toBytes()).toBytes();
    }

    static Digest readStored(byte[] body) {
        CborReader r = new CborReader(body).expectArray(1);
        Digest id = Digest.of(r.fixedBytes(Digest.LENGTH));
        r.end();
        return id;
    }

    static byte[] found(Optional<byte[]> pack) {
        CborWriter w = new CborWriter(pack.map(p -> p.length).orElse(0) + 16).array(1);
        return pack.map(w::bytes).orElseGet(w::nil).toBytes();
    }

    static Optional<byte[]> readFound(byte[] body) {
        CborReader r = new CborReader(body).expectArray(1);
        Optional<byte[]> pack = r.nil() ? Optional.empty() : Optional.of(r.bytes(PackStorage.MAX_PACK_BYTES));
        r.end();
        return pack;
    }

    static byte[] receipts(List<StorageReceipt> receipts) {
        return new CborWriter(receipts.size() * 220 + 16)
                .list(receipts, (o, receipt) -> receipt.writeTo(o))
                .toBytes();
    }

    static List<StorageReceipt> readReceipts(byte[] body) {
        CborReader r = new CborReader(body);
        try {
            List<StorageReceipt> receipts = r.list(MAX_RECEIPTS, StorageReceipt::readFrom);
            r.end();
            return receipts;
        } catch (IllegalArgumentException e) {
            throw new CborException("storage receipt: " + e.getMessage());
        }
    }

    /** A failure that the peer reported in the kernel's vocabulary, or the transport's failure itself. */
    static CodedException kernel(StoqException e) {
        String remote = e.remoteCode();
        if (e.code() == StoqException.Code.REMOTE_FAILURE && remote != null) {
            for (Code code : Code.values()) {
                if (code.name().equals(remote)) {
                    return new HypermeshException(code, e.retry(), String.valueOf(e.getMessage()), e);
                }
            }
        }
        return e;
    }
}
