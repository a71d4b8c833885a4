package online.hypermesh.api.consensus;

import java.nio.ByteBuffer;
import java.util.Comparator;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Two signed statements of one validator that no honest validator makes together: two blocks under one kind of vote in one
 * view, or NULLIFY and FINALIZE in one view. Whoever knows the epoch's validators can check it without asking anybody.
 * Immutable; the signatures are checked by {@link #verify}.
 *
 * @param validator index into the epoch's validator set
 * @param first the statement that comes first by kind and then by block id
 * @param firstSignature the validator's signature over it
 * @param second the other statement
 * @param secondSignature the validator's signature over it
 */
public record Equivocation(
        int validator, VoteStatement first, Signature firstSignature, VoteStatement second, Signature secondSignature) {
    /** Name of the reserved key space of the state in which finalized equivocations are recorded. */
    public static final String STATE_MODULE = "evidence";

    private static final Comparator<VoteStatement> ORDER =
            Comparator.comparingInt((VoteStatement s) -> s.kind().code()).thenComparing(VoteStatement::blockId);

    /**
     * Checks that the statements contradict each other and stand in order.
     *
     * @param validator at least 0
     * @param first the statement that comes first
     * @param firstSignature signature over it
     * @param second the other statement
     * @param secondSignature signature over it
     */
    public Equivocation {
        if (validator < 0 || validator > Certificate.MAX_VOTES) {
            throw new IllegalArgumentException(
                    "validator must be in 0.." + Certificate.MAX_VOTES + ", was " + validator);
        }
        if (!first.contradicts(second)) {
            throw new IllegalArgumentException("no contradiction: " + first + " and " + second);
        }
        if (ORDER.compare(first, second) >= 0) {
            throw new IllegalArgumentException("out of order: " + first + " and " + second);
        }
    }

    /**
     * Puts two contradicting statements in order.
     *
     * @param validator index into the epoch's validator set
     * @param a one statement
     * @param aSignature signature over it
     * @param b the other
     * @param bSignature signature over it
     * @return the equivocation
     */
    public static Equivocation of(
            int validator, VoteStatement a, Signature aSignature, VoteStatement b, Signature bSignature) {
        return ORDER.compare(a, b) < 0
                ? new Equivocation(validator, a, aSignature, b, bSignature)
                : new Equivocation(validator, b, bSignature, a, aSignature);
    }

    /** What was done, once per validator, epoch and view. */
    public enum Offence {
        /** Two blocks were notarized. */
        DOUBLE_NOTARIZE(1),
        /** The view was given up and voted final. */
        NULLIFY_AND_FINALIZE(2),
        /** Two blocks were voted final. */
        DOUBLE_FINALIZE(3);

        private final int code;

        Offence(int code) {
            this.code = code;
        }

        /**
         * Number on the wire and in state keys.
         *
         * @return 1..3
         */
        public int code() {
            return code;
        }
    }

    /**
     * What was done.
     *
     * @return the offence
     */
    public Offence offence() {
        if (first.kind() != second.kind()) {
            return Offence.NULLIFY_AND_FINALIZE;
        }
        return first.kind() == VoteKind.NOTARIZE ? Offence.DOUBLE_NOTARIZE : Offence.DOUBLE_FINALIZE;
    }

    /**
     * The epoch it happened in.
     *
     * @return at least 0
     */
    public long epoch() {
        return first.epoch();
    }

    /**
     * The view it happened in.
     *
     * @return at least 1
     */
    public long view() {
        return first.view();
    }

    /**
     * Where the state records it, in the key space {@link #STATE_MODULE}: the accused's node id, then epoch and view as eight
     * bytes each, big-endian, then the offence's code. The value is {@code [height, equivocation]}. Under the node id alone
     * stands {@code [offences recorded, height of the first, height of the last]}.
     *
     * @param accused the accused's node id
     * @return 49 bytes
     */
    public byte[] stateKey(NodeId accused) {
        return ByteBuffer.allocate(Digest.LENGTH + 17)
                .put(accused.digest().toBytes())
                .putLong(epoch())
                .putLong(view())
                .put((byte) offence().code())
                .array();
    }

    /**
     * Checks the signatures.
     *
     * @param network the network
     * @param set the validators of its epoch
     * @return accepted, or what does not hold
     */
    public Verdict verify(NetworkId network, ValidatorSet set) {
        if (validator >= set.size()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "equivocation of validator " + validator + ", the set has " + set.size());
        }
        Validator accused = set.get(validator);
        if (!accused.votingKey().verify(VoteStatement.TAG, network, first.encode(), firstSignature)
                || !accused.votingKey().verify(VoteStatement.TAG, network, second.encode(), secondSignature)) {
            return Verdict.rejected(
                    Code.INVALID_SIGNATURE, "a signature in the equivocation of " + accused.id() + " does not hold");
        }
        return Verdict.ACCEPTED;
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(256);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(5).uint(validator).uint(first.epoch()).uint(first.view());
        half(w, first, firstSignature);
        half(w, second, secondSignature);
    }

    private static void half(CborWriter w, VoteStatement s, Signature signature) {
        w.array(3).uint(s.kind().code()).bytes(s.blockId().toBytes()).bytes(signature.toBytes());
    }

    /**
     * Reads the canonical form; the signatures are not checked.
     *
     * @param r where from
     * @return the equivocation
     * @throws IllegalArgumentException if the statements do not contradict each other or stand in the wrong order
     */
    public static Equivocation readFrom(CborReader r) {
        r.expectArray(5);
        int validator = r.uint(Certificate.MAX_VOTES);
        long epoch = r.uint();
        long view = r.uint();
        r.expectArray(3);
        VoteStatement first = statement(r, epoch, view);
        Signature firstSignature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.expectArray(3);
        VoteStatement second = statement(r, epoch, view);
        return new Equivocation(validator, first, firstSignature, second, Signature.of(r.fixedBytes(Signature.LENGTH)));
    }

    private static VoteStatement statement(CborReader r, long epoch, long view) {
        return new VoteStatement(VoteKind.of(r.uint(3)), epoch, view, Digest.of(r.fixedBytes(Digest.LENGTH)));
    }
}
