package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.id.NodeId;

/** Requests and responses of light clients that ask how an epoch ended, or what stood at a height long ago. */
public final class HistoryService {
    /** Service number, open to everybody. */
    public static final int SERVICE = 4;

    static final int MAX_REQUEST_BYTES = 64;

    private static final Logger LOG = System.getLogger(HistoryService.class.getName());

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

    /**
     * What somebody asks.
     *
     * @param ancestor whether for a proof of a header, else how an epoch ended
     * @param wanted the height, or the epoch
     */
    record Request(boolean ancestor, long wanted) {
        static Request decode(byte[] request) {
            CborReader r = new CborReader(request).expectArray(2);
            int kind = r.uint(ANCESTOR);
            long wanted = r.uint();
            r.end();
            if (kind < HAND_OVER) {
                throw new CborException("a question about history of kind " + kind);
            }
            return new Request(kind == ANCESTOR, wanted);
        }

        byte[] answer(Optional<byte[]> known) {
            CborWriter w = new CborWriter(known.map(k -> k.length).orElse(0) + 16)
                    .array(2)
                    .uint(ancestor ? ANCESTOR : HAND_OVER);
            known.ifPresentOrElse(w::bytes, w::nil);
            return w.toBytes();
        }
    }

    /**
     * Asks a node how an epoch ended; nothing is verified.
     *
     * @param messenger has a route to the node
     * @param node whom
     * @param epoch at least 0
     * @param deadline longest wait
     * @return what it says; empty when it says nothing, or nothing that can be read
     */
    public static Optional<HandOver> ask(Messenger messenger, NodeId node, long epoch, Duration deadline) {
        try {
            return decode(messenger.request(node, SERVICE, request(epoch), deadline));
        } catch (StoqException | CborException | IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "no hand-over of epoch " + epoch + " from " + node.toShortString(), e);
            return Optional.empty();
        }
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
     * @return the proof; empty when the node has none
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
