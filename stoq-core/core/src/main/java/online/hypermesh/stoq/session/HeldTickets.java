package online.hypermesh.stoq.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Tickets that servers gave this node, one each. Thread-safe. */
final class HeldTickets {
    private static final int MAX_HELD = 1024;
    private static final int SECRET_BYTES = 32;
    private static final int MAX_LIFETIME_SECONDS = 86_400;

    /**
     * A ticket as it comes in a server's selection.
     *
     * @param ticket the server's own words
     * @param secret proves that the ticket was given to this node
     * @param lifetimeSeconds for how long
     */
    record Given(byte[] ticket, byte[] secret, int lifetimeSeconds) {
        byte[] encode() {
            return new CborWriter(256)
                    .array(3)
                    .bytes(ticket)
                    .bytes(secret)
                    .uint(lifetimeSeconds)
                    .toBytes();
        }

        static Given decode(byte[] encoded) {
            try {
                CborReader in = new CborReader(encoded).expectArray(3);
                Given given = new Given(
                        in.bytes(HelloProof.MAX_TICKET_BYTES),
                        in.fixedBytes(SECRET_BYTES),
                        in.uint(MAX_LIFETIME_SECONDS));
                in.end();
                return given;
            } catch (CborException e) {
                throw HelloFrame.malformed("a ticket cannot be read: " + BufferedStream.messageOf(e), e);
            }
        }

        @Override
        public String toString() {
            return "Given[redacted]";
        }
    }

    private record Held(Given given, Digest ownLeaf, long expiresMillis) {}

    private final Map<NodeId, Held> held = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<NodeId, Held> eldest) {
            return size() > MAX_HELD;
        }
    };

    /** Keeps a ticket that a server gave to the owner of a leaf. */
    synchronized void keep(NodeId server, Digest ownLeaf, Given given, long nowMillis) {
        held.put(server, new Held(given, ownLeaf, nowMillis + 1000L * given.lifetimeSeconds()));
    }

    /** The ticket for a server, if it was given for this leaf and its time is not over. */
    synchronized Optional<Given> find(NodeId server, Digest ownLeaf, long nowMillis) {
        Held found = held.get(server);
        if (found == null) {
            return Optional.empty();
        }
        if (!found.ownLeaf().equals(ownLeaf) || nowMillis >= found.expiresMillis()) {
            held.remove(server);
            return Optional.empty();
        }
        return Optional.of(found.given());
    }

    /** Forgets a ticket that the server did not take. */
    synchronized void forget(NodeId server) {
        held.remove(server);
    }
}
