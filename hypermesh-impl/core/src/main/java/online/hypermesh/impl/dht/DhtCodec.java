package online.hypermesh.impl.dht;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** Requests and answers as canonical CBOR ({@code docs/spec/dht.md}). */
public final class DhtCodec {
    /** Longest request in bytes. */
    public static final int MAX_REQUEST_BYTES = SignedRecord.MAX_ENCODED_BYTES + 100;

    /** Longest answer in bytes. */
    public static final int MAX_RESPONSE_BYTES = SignedRecord.MAX_ENCODED_BYTES
            + DhtResponse.MAX_PROVIDERS * (ProviderRecord.MAX_ENCODED_BYTES + 4)
            + DhtResponse.MAX_NODES * 64
            + 64;

    private static final int VERSION = 1;
    private static final int KINDS = 5;

    private DhtCodec() {}

    /**
     * A request and where its sender can be reached.
     *
     * @param address where a server listens; empty for a client
     * @param request the request
     */
    public record Query(Optional<NodeAddress> address, DhtRequest request) {}

    /**
     * Encodes a request.
     *
     * @param query the request
     * @return bytes
     */
    public static byte[] encode(Query query) {
        CborWriter w = new CborWriter().array(4).uint(VERSION);
        query.address().ifPresentOrElse(a -> a.encode(w), w::nil);
        DhtRequest request = query.request();
        if (request instanceof DhtRequest.Ping) {
            w.uint(0).nil();
        } else if (request instanceof DhtRequest.FindNodes f) {
            w.uint(1).bytes(f.target().toBytes());
        } else if (request instanceof DhtRequest.FindRecord f) {
            w.uint(2).bytes(f.key().toBytes());
        } else if (request instanceof DhtRequest.FindProviders f) {
            w.uint(3).bytes(f.key().toBytes());
        } else if (request instanceof DhtRequest.PutRecord p) {
            w.uint(4).array(2).bytes(p.record().encode());
            if (p.replaces() < 0) {
                w.nil();
            } else {
                w.uint(p.replaces());
            }
        } else if (request instanceof DhtRequest.AddProvider a) {
            w.uint(5).bytes(a.record().encode());
        }
        return w.toBytes();
    }

    /**
     * Decodes a request.
     *
     * @param encoded the bytes
     * @return the request
     * @throws CborException when they are anything else
     */
    public static Query decodeQuery(byte[] encoded) {
        CborReader r = new CborReader(encoded).expectArray(4).expect(VERSION, "DHT version");
        Optional<NodeAddress> address = r.nil() ? Optional.empty() : Optional.of(NodeAddress.decode(r));
        DhtRequest request = switch (r.uint(KINDS)) {
            case 0 -> {
                if (!r.nil()) {
                    throw new CborException("a ping says nothing more");
                }
                yield new DhtRequest.Ping();
            }
            case 1 -> new DhtRequest.FindNodes(Position.of(digest(r)));
            case 2 -> new DhtRequest.FindRecord(digest(r));
            case 3 -> new DhtRequest.FindProviders(digest(r));
            case 4 -> {
                r.expectArray(2);
                SignedRecord record = SignedRecord.decode(r.bytes(SignedRecord.MAX_ENCODED_BYTES));
                yield new DhtRequest.PutRecord(record, r.nil() ? -1 : r.uint());
            }
            default -> new DhtRequest.AddProvider(ProviderRecord.decode(r.bytes(ProviderRecord.MAX_ENCODED_BYTES)));
        };
        r.end();
        return new Query(address, request);
    }

    /**
     * Encodes an answer.
     *
     * @param response the answer
     * @return bytes
     */
    public static byte[] encode(DhtResponse response) {
        CborWriter w = new CborWriter(1024);
        if (response instanceof DhtResponse.Found f) {
            w.array(5).uint(VERSION).uint(0);
            f.record().ifPresentOrElse(s -> w.bytes(s.encode()), w::nil);
            w.list(f.providers(), (o, p) -> o.bytes(p.encode()));
            w.list(f.nodes(), (o, c) -> c.encode(o));
        } else if (response instanceof DhtResponse.Done) {
            w.array(2).uint(VERSION).uint(1);
        } else if (response instanceof DhtResponse.Refused f) {
            w.array(4).uint(VERSION).uint(2).uint(f.reason().ordinal());
            if (f.sequence() < 0) {
                w.nil();
            } else {
                w.uint(f.sequence());
            }
        }
        return w.toBytes();
    }

    /**
     * Decodes an answer.
     *
     * @param encoded the bytes
     * @return the answer
     * @throws CborException when they are anything else
     */
    public static DhtResponse decodeResponse(byte[] encoded) {
        CborReader r = new CborReader(encoded);
        int items = r.array(5);
        r.expect(VERSION, "DHT version");
        int kind = r.uint(2);
        int wanted = kind == 0 ? 5 : kind == 1 ? 2 : 4;
        if (items != wanted) {
            throw new CborException("an answer of kind " + kind + " has " + wanted + " items, not " + items);
        }
        DhtResponse response = switch (kind) {
            case 0 -> {
                Optional<SignedRecord> record = r.nil()
                        ? Optional.empty()
                        : Optional.of(SignedRecord.decode(r.bytes(SignedRecord.MAX_ENCODED_BYTES)));
                List<ProviderRecord> providers = r.list(
                        DhtResponse.MAX_PROVIDERS,
                        i -> ProviderRecord.decode(i.bytes(ProviderRecord.MAX_ENCODED_BYTES)));
                yield new DhtResponse.Found(record, providers, r.list(DhtResponse.MAX_NODES, Contact::decode));
            }
            case 1 -> new DhtResponse.Done();
            default -> {
                DhtResponse.Reason[] reasons = DhtResponse.Reason.values();
                DhtResponse.Reason reason = reasons[r.uint(reasons.length - 1)];
                yield new DhtResponse.Refused(reason, r.nil() ? -1 : r.uint());
            }
        };
        r.end();
        return response;
    }

    private static Digest digest(CborReader r) {
        return Digest.of(r.fixedBytes(Digest.LENGTH));
    }
}
