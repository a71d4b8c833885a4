package online.hypermesh.stoq.session;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;

/** How a side of the hello proves its statement. Immutable. */
sealed interface HelloProof {
    int MAX_TICKET_BYTES = 512;

    /**
     * By the hello key of its leaf.
     *
     * @param signature over the statement
     */
    record Signed(Signature signature) implements HelloProof {}

    /**
     * By the secret that came with a ticket.
     *
     * @param ticket the server's own words; empty in the server's proof
     * @param mac over the statement
     */
    record Resumed(byte[] ticket, Digest mac) implements HelloProof {
        @Override
        public String toString() {
            return "Resumed[redacted]";
        }
    }

    static void write(CborWriter out, HelloProof proof) {
        if (proof instanceof Signed signed) {
            out.array(2).uint(0).bytes(signed.signature.toBytes());
        } else if (proof instanceof Resumed resumed) {
            out.array(3).uint(1).bytes(resumed.ticket).bytes(resumed.mac.toBytes());
        }
    }

    static HelloProof read(CborReader in) {
        int items = in.array(3);
        int kind = in.uint(1);
        if (items != kind + 2) {
            throw new CborException("proof of kind " + kind + " with " + items + " items");
        }
        return kind == 0
                ? new Signed(Signature.of(in.fixedBytes(Signature.LENGTH)))
                : new Resumed(in.bytes(MAX_TICKET_BYTES), Digest.of(in.fixedBytes(Digest.LENGTH)));
    }
}
