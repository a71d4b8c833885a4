package online.hypermesh.impl.consensus.driver;

import java.util.Optional;
import java.util.function.LongFunction;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** Requests and responses of light clients that ask how an epoch ended, or what stood at a height long ago. */
public final class HistoryService {
    /** Service number, open to everybody. */
    public static final int SERVICE = 4;

    static final int MAX_REQUEST_BYTES = 64;

    private static final int HAND_OVER = 1;
    private static final int ANCESTOR = 2;

    private HistoryService() {}

    /**
     * Asks how an epoch ended.
     *
     * @param epoch at least 0
     * @return canonical bytes
     */
    public static byte[] request(long epoch) {
        return new CborWriter(16).array(2).uint(HAND_OVER).uint(epoch).toBytes();
    }

    /**
     * Asks for a proof of the header of a height.
     *
     * @param height at least 0
     * @return canonical bytes
     */
    public static byte[] requestAncestor(long height) {
        return new CborWriter(16).array(2).uint(ANCESTOR).uint(height).toBytes();
    }

    static byte[] answer(
            byte[] request,
            LongFunction<Optional<HandOver>> handOvers,
            LongFunction<Optional<AncestorProof>> ancestors) {
        CborReader r = new CborReader(request).expectArray(2);
        int kind = r.uint(ANCESTOR);
        long wanted = r.uint();
        r.end();
        Optional<byte[]> known = kind == ANCESTOR
                ? ancestors.apply(wanted).map(AncestorProof::encode)
                : handOvers.apply(wanted).map(HandOver::encode);
        CborWriter w = new CborWriter(4096).array(2).uint(kind);
        known.ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    /**
     * Reads how an epoch ended; nothing is verified.
     *
     * @param response what came back
     * @return the hand-over; empty when the node does not know it
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are no answer
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Optional<HandOver> decode(byte[] response) {
        return content(response, HAND_OVER).map(HandOver::decode);
    }

    /**
     * Reads a proof of a header; nothing is verified.
     *
     * @param response what came back
     * @return the proof; empty when the node has none, or is busy
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are no answer
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Optional<AncestorProof> decodeAncestor(byte[] response) {
        return content(response, ANCESTOR).map(AncestorProof::decode);
    }

    private static Optional<byte[]> content(byte[] response, int kind) {
        CborReader r = new CborReader(response).expectArray(2).expect(kind, "kind of answer");
        Optional<byte[]> content = r.nil() ? Optional.empty() : Optional.of(r.bytes(response.length));
        r.end();
        return content;
    }
}
