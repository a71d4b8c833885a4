package online.hypermesh.bootstrap;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * An operator's order to one node to go back to Phase 1 or 2. The node stays there until the order expires, at most {@link
 * #LONGEST_VALIDITY} after it is obeyed, and then follows the network again. Each order has a sequence number above all
 * orders the node obeyed before. Immutable.
 *
 * @param order what is ordered
 * @param operator the operator's node key
 * @param signature by the operator over the order
 */
public record SignedPhaseCommand(Order order, VerifyKey operator, Signature signature) {
    /** Longest time between obeying an order and its expiry. */
    public static final Duration LONGEST_VALIDITY = Duration.ofHours(24);

    /** Largest encoded command in bytes. */
    public static final int MAX_BYTES = 256;

    private static final DomainTag TAG = new DomainTag("hypermesh/phase-command/v1");

    /**
     * What is ordered.
     *
     * @param network the network
     * @param node the node
     * @param from the phase the node is in
     * @param to the lower phase it goes to; Phase 0 can be written down, but is refused
     * @param sequence above those of all orders obeyed before, at least 1
     * @param expiresAtMillis until when the order can be obeyed and the node stays, milliseconds since 1970
     */
    public record Order(NetworkId network, NodeId node, Phase from, Phase to, long sequence, long expiresAtMillis) {
        /**
         * Checks direction and ranges.
         *
         * @param network the network
         * @param node the node
         * @param from the higher phase
         * @param to the lower phase
         * @param sequence at least 1
         * @param expiresAtMillis at least 1
         */
        public Order {
            if (to.number() >= from.number()) {
                throw new IllegalArgumentException("a phase command lowers the phase; from " + from.number() + " to "
                        + to.number() + " does not. Phases rise by themselves");
            }
            if (sequence < 1 || expiresAtMillis < 1) {
                throw new IllegalArgumentException(
                        "sequence and expiresAtMillis must be >= 1, were " + sequence + " and " + expiresAtMillis);
            }
        }

        private byte[] encode() {
            return new CborWriter(112)
                    .array(6)
                    .bytes(network.digest().toBytes())
                    .bytes(node.digest().toBytes())
                    .uint(from.number())
                    .uint(to.number())
                    .uint(sequence)
                    .uint(expiresAtMillis)
                    .toBytes();
        }

        private static Order readFrom(CborReader r) {
            r.expectArray(6);
            return new Order(
                    new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                    new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                    Phase.of(r.uint(3)),
                    Phase.of(r.uint(3)),
                    r.uint(),
                    r.uint());
        }
    }

    /** Why an order is not obeyed. */
    public enum Reason {
        /** It is for another network. */
        WRONG_NETWORK,
        /** It is for another node. */
        WRONG_NODE,
        /** Its signer is no operator of the genesis. */
        NOT_AN_OPERATOR,
        /** Its signature does not hold. */
        INVALID_SIGNATURE,
        /** It asks for Phase 0, where only nodes are that never had a ledger. */
        PHASE_0,
        /** Its sequence number is not above the last one obeyed. */
        REPLAYED,
        /** Its time is over. */
        EXPIRED,
        /** It would hold the node down for too long. */
        TOO_LONG,
        /** The node is in another phase than it says. */
        WRONG_PHASE
    }

    /**
     * A refusal.
     *
     * @param reason which check failed
     * @param detail what, value, limit
     */
    public record Refusal(Reason reason, String detail) {}

    /**
     * Makes and signs a command.
     *
     * @param order what is ordered
     * @param operator the operator's node key
     * @return the command
     */
    public static SignedPhaseCommand sign(Order order, SigningKey operator) {
        return new SignedPhaseCommand(order, operator.verifyKey(), operator.sign(TAG, order.network(), order.encode()));
    }

    /**
     * Checks whether a node should obey.
     *
     * @param record the node's present phase, network and last sequence number
     * @param operators operators of the genesis
     * @param nowMillis milliseconds since 1970
     * @return empty to obey, or the first failed check
     */
    public Optional<Refusal> refusal(PhaseRecord record, List<VerifyKey> operators, long nowMillis) {
        if (!order.network().equals(record.network())) {
            return refused(
                    Reason.WRONG_NETWORK,
                    "the command is for network " + order.network() + ", this is " + record.network());
        }
        if (!order.node().equals(record.node())) {
            return refused(Reason.WRONG_NODE, "the command is for node " + order.node() + ", this is " + record.node());
        }
        if (!operators.contains(operator)) {
            return refused(
                    Reason.NOT_AN_OPERATOR,
                    "the command is signed by " + operator + ", which is no operator of the genesis");
        }
        if (!operator.verify(TAG, order.network(), order.encode(), signature)) {
            return refused(Reason.INVALID_SIGNATURE, "the command's signature by " + operator + " does not hold");
        }
        if (order.to() == Phase.TRADITIONAL) {
            return refused(
                    Reason.PHASE_0,
                    "the command asks for Phase 0, which is before the ledger: a node that has one does not forget it, and"
                            + " its votes keep counting. Lower it to Phase 1, or stop the node to take it out");
        }
        if (order.sequence() <= record.sequence()) {
            return refused(
                    Reason.REPLAYED,
                    "the command has sequence number " + order.sequence() + "; this node obeyed " + record.sequence()
                            + " and needs a larger one");
        }
        if (nowMillis >= order.expiresAtMillis()) {
            return refused(
                    Reason.EXPIRED,
                    "the command expired " + (nowMillis - order.expiresAtMillis()) + " ms ago; sign a new one");
        }
        if (order.expiresAtMillis() - nowMillis > LONGEST_VALIDITY.toMillis()) {
            return refused(
                    Reason.TOO_LONG,
                    "the command expires in " + (order.expiresAtMillis() - nowMillis) + " ms, limit "
                            + LONGEST_VALIDITY.toMillis() + " ms; sign one with an earlier expiry");
        }
        if (order.from() != record.phase()) {
            return refused(
                    Reason.WRONG_PHASE,
                    "the command is for a node in Phase " + order.from().number() + "; this one is in Phase "
                            + record.phase().number());
        }
        return Optional.empty();
    }

    private static Optional<Refusal> refused(Reason reason, String detail) {
        return Optional.of(new Refusal(reason, detail));
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding, at most {@link #MAX_BYTES}
     */
    public byte[] encode() {
        return new CborWriter(MAX_BYTES)
                .array(4)
                .uint(1)
                .encoded(order.encode())
                .bytes(operator.toBytes())
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the command
     * @throws CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static SignedPhaseCommand decode(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new CborException("phase command of " + bytes.length + " bytes, limit " + MAX_BYTES);
        }
        CborReader r = new CborReader(bytes).expectArray(4).expect(1, "phase command version");
        SignedPhaseCommand command = new SignedPhaseCommand(
                Order.readFrom(r),
                VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)),
                Signature.of(r.fixedBytes(Signature.LENGTH)));
        r.end();
        return command;
    }
}
