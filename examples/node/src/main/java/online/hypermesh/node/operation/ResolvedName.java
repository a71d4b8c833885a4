package online.hypermesh.node.operation;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;

/**
 * A resolution on its way from a node to a client. An answer from the ledger carries its proof; the client believes the
 * proof, not the node.
 *
 * @param result what the node found
 */
public record ResolvedName(ResolutionResult result) {
    private static final int MAX_PROOF_BYTES = 1 << 20;

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(4096)
                .array(8)
                .uint(1)
                .text(result.name())
                .bool(result.found())
                .list(result.addresses(), (o, a) -> a.writeTo(o))
                .list(result.texts(), CborWriter::text)
                .uint(result.ttlSeconds())
                .uint(result.source().ordinal());
        result.proof().map(StateProof::encode).ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; the proof is not verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the answer
     */
    public static ResolvedName decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(8).expect(1, "resolution version");
        String name = r.text(256);
        boolean found = r.bool();
        List<ServiceAddress> addresses = r.list(NameRecord.Content.MAX_ADDRESSES, ServiceAddress::readFrom);
        List<String> texts = r.list(NameRecord.Content.MAX_TEXTS, i -> i.text(NameRecord.Content.MAX_TEXT_BYTES));
        int ttl = r.uint(Integer.MAX_VALUE);
        int source = r.uint(255);
        if (source >= NameSource.values().length) {
            throw new CborException("name source " + source + " is not known");
        }
        Optional<StateProof> proof =
                r.nil() ? Optional.empty() : Optional.of(StateProof.decode(r.bytes(MAX_PROOF_BYTES)));
        r.end();
        return new ResolvedName(
                new ResolutionResult(name, found, addresses, texts, ttl, NameSource.values()[source], proof));
    }
}
