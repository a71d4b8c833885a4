package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.ReadLevel;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** Request and response of reads that do not go through consensus. */
final class ReadService {
    /** Service number, open to members. */
    static final int SERVICE = 5;

    static final int MAX_REQUEST_BYTES = 512;

    private static final int STALE = 1;
    private static final int FINALIZED = 2;
    private static final int MAX_MODULE_LENGTH = 32;
    private static final int MAX_KEY_BYTES = 256;
    private static final int MAX_VALUE_BYTES = 65_536;

    private ReadService() {}

    /** @param level STALE or FINALIZED */
    static byte[] request(ReadLevel level, String module, byte[] key) {
        return new CborWriter(key.length + 48)
                .array(3)
                .uint(level == ReadLevel.STALE ? STALE : FINALIZED)
                .text(module)
                .bytes(key)
                .toBytes();
    }

    /**
     * @param values reads without proof
     * @param proofs proves, or throws when it cannot now
     */
    static byte[] answer(
            byte[] request,
            BiFunction<String, byte[], Optional<byte[]>> values,
            BiFunction<String, byte[], StateProof> proofs) {
        CborReader r = new CborReader(request).expectArray(3);
        int level = r.uint(FINALIZED);
        String module = r.text(MAX_MODULE_LENGTH);
        byte[] key = r.bytes(MAX_KEY_BYTES);
        r.end();
        CborWriter w = new CborWriter(4096).array(2).uint(level);
        if (level == STALE) {
            List<byte[]> value = values.apply(module, key).map(List::of).orElse(List.of());
            return w.list(value, CborWriter::bytes).toBytes();
        }
        Optional<byte[]> proof;
        try {
            proof = Optional.of(proofs.apply(module, key).encode());
        } catch (HypermeshException nothingCertifiedOrBusy) {
            proof = Optional.empty();
        }
        proof.ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    /** What a node says without proof; empty when the key is absent there. */
    static Optional<byte[]> value(byte[] response) {
        CborReader r = new CborReader(response).expectArray(2).expect(STALE, "level of the answer");
        List<byte[]> value = r.list(1, i -> i.bytes(MAX_VALUE_BYTES));
        r.end();
        return value.stream().findFirst();
    }

    /** A proof, unverified; empty when the node has none now. */
    static Optional<StateProof> proof(byte[] response) {
        CborReader r = new CborReader(response).expectArray(2).expect(FINALIZED, "level of the answer");
        Optional<StateProof> proof =
                r.nil() ? Optional.empty() : Optional.of(StateProof.decode(r.bytes(response.length)));
        r.end();
        return proof;
    }
}
