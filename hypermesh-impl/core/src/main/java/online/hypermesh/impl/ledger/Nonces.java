package online.hypermesh.impl.ledger;

import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.id.NodeId;

/** The reserved key space that holds each sender's newest executed nonce: 32 bytes of node id to a CBOR integer. */
final class Nonces {
    static final String MODULE = "nonces";

    private Nonces() {}

    static void record(StateChanges state, NodeId sender, long nonce) {
        state.put(
                MODULE,
                sender.digest().toBytes(),
                new CborWriter(16).uint(nonce).toBytes());
    }

    /** The newest executed nonce, or -1 when the sender never executed anything. */
    static long last(StateReader nonces, NodeId sender) {
        return nonces.get(sender.digest().toBytes())
                .map(v -> new CborReader(v).uint())
                .orElse(-1L);
    }
}
