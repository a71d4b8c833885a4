package online.hypermesh.api.proof;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Says that a program, started with the context's seed on an input, gave an output after metered steps. Two things back it:
 * signatures of parties that ran it themselves, and steps opened at random that the verifier runs again. Opened steps catch a
 * share e of wrong steps with probability 1-(1-e)^t and a single wrong step hardly ever; only a party that ran all of it
 * catches that. Immutable.
 *
 * @param statement what is claimed
 * @param attestations who ran it; the first is the executor, others ran it again
 * @param openings first step, last step, and the steps drawn from the statement, in ascending order
 */
public record WorkReceipt(Statement statement, List<Attestation> attestations, List<StepOpening> openings) {
    /** Purpose of execution signatures. */
    public static final DomainTag EXECUTION_TAG = new DomainTag("hypermesh/execution/v1");

    /** Most attestations. */
    public static final int MAX_ATTESTATIONS = 16;

    /** Most opened steps. */
    public static final int MAX_OPENINGS = 34;

    /** Longest state of a program in bytes. */
    public static final int MAX_STATE_BYTES = 256;

    /** Longest segment of input that a step consumes, in bytes. */
    public static final int MAX_SEGMENT_BYTES = 1024;

    /** Longest output in bytes. */
    public static final int MAX_OUTPUT_BYTES = 256;

    /** Most steps of one execution. */
    public static final long MAX_STEPS = 1L << 32;

    private static final int MAX_PATH = 33;
    private static final DomainTag STATEMENT_TAG = new DomainTag("hypermesh/work-statement/v1");

    /**
     * What is claimed.
     *
     * @param program id of the program
     * @param seed the context's seed, 32 bytes
     * @param inputRoot Merkle root over the segments of the input
     * @param inputBytes length of the input in bytes, at least 1
     * @param output what the program gave, at most 256 bytes
     * @param cost sum of the metered costs of all steps
     * @param traceRoot Merkle root over all states from the first to the last
     */
    public record Statement(
            Digest program,
            Digest seed,
            Digest inputRoot,
            long inputBytes,
            byte[] output,
            long cost,
            Digest traceRoot) {
        /**
         * Checks ranges and copies the output.
         *
         * @param program program
         * @param seed seed
         * @param inputRoot root of the input
         * @param inputBytes at least 1
         * @param output at most 256 bytes
         * @param cost at least 0
         * @param traceRoot root of the trace
         */
        public Statement {
            if (inputBytes < 1 || cost < 0) {
                throw new IllegalArgumentException(
                        "inputBytes must be >= 1 and cost >= 0, were " + inputBytes + " and " + cost);
            }
            if (output.length > MAX_OUTPUT_BYTES) {
                throw new IllegalArgumentException("output has " + output.length + " bytes, limit " + MAX_OUTPUT_BYTES);
            }
            output = output.clone();
        }

        @Override
        public byte[] output() {
            return output.clone();
        }

        /**
         * Canonical bytes, which executors sign.
         *
         * @return the encoding
         */
        public byte[] encode() {
            return new CborWriter(output.length + 200)
                    .array(7)
                    .bytes(program.toBytes())
                    .bytes(seed.toBytes())
                    .bytes(inputRoot.toBytes())
                    .uint(inputBytes)
                    .bytes(output)
                    .uint(cost)
                    .bytes(traceRoot.toBytes())
                    .toBytes();
        }

        /**
         * The statement's tagged hash, from which the opened steps are drawn.
         *
         * @return the hash
         */
        public Digest hash() {
            return Hashing.hash(STATEMENT_TAG, encode());
        }

        private static Statement readFrom(CborReader r) {
            r.expectArray(7);
            return new Statement(
                    digest(r), digest(r), digest(r), r.uint(), r.bytes(MAX_OUTPUT_BYTES), r.uint(), digest(r));
        }
    }

    /**
     * A signature of a party that ran the program itself and came to the same statement.
     *
     * @param key its node key
     * @param signature over the statement
     */
    public record Attestation(VerifyKey key, Signature signature) {
        /**
         * Signs a statement the signer has computed itself.
         *
         * @param network the network
         * @param key node key of the signer
         * @param statement what it came to
         * @return the attestation
         */
        public static Attestation sign(NetworkId network, SigningKey key, Statement statement) {
            return new Attestation(key.verifyKey(), key.sign(EXECUTION_TAG, network, statement.encode()));
        }

        /**
         * Identity of the signer.
         *
         * @return the id of its node key
         */
        public NodeId signer() {
            return NodeId.of(key);
        }

        /**
         * Whether the signature holds.
         *
         * @param network the network
         * @param statement what was signed
         * @return true if so
         */
        public boolean holds(NetworkId network, Statement statement) {
            return key.verify(EXECUTION_TAG, network, statement.encode(), signature);
        }
    }

    /**
     * One step with everything needed to run it again.
     *
     * @param before the state before the step
     * @param beforePath its path in the trace
     * @param segment the input it consumes
     * @param segmentPath the segment's path in the input
     * @param after the state after the step
     * @param afterPath its path in the trace
     */
    public record StepOpening(
            byte[] before,
            List<Digest> beforePath,
            byte[] segment,
            List<Digest> segmentPath,
            byte[] after,
            List<Digest> afterPath) {
        /**
         * Copies the lists; the arrays are not copied and must not change.
         *
         * @param before state
         * @param beforePath path
         * @param segment input
         * @param segmentPath path
         * @param after state
         * @param afterPath path
         */
        public StepOpening {
            beforePath = List.copyOf(beforePath);
            segmentPath = List.copyOf(segmentPath);
            afterPath = List.copyOf(afterPath);
        }
    }

    /**
     * Copies the lists and checks their lengths.
     *
     * @param statement what is claimed
     * @param attestations 1..16
     * @param openings at most 34
     */
    public WorkReceipt {
        if (attestations.isEmpty() || attestations.size() > MAX_ATTESTATIONS || openings.size() > MAX_OPENINGS) {
            throw new IllegalArgumentException("a receipt has 1.." + MAX_ATTESTATIONS + " attestations and at most "
                    + MAX_OPENINGS + " openings, got " + attestations.size() + " and " + openings.size());
        }
        attestations = List.copyOf(attestations);
        openings = List.copyOf(openings);
    }

    /**
     * Bytes of a leaf of the trace.
     *
     * @param index number of steps done
     * @param state the state then
     * @return canonical encoding
     */
    public static byte[] traceLeaf(long index, byte[] state) {
        return new CborWriter(state.length + 16)
                .array(2)
                .uint(index)
                .bytes(state)
                .toBytes();
    }

    void writeTo(CborWriter w) {
        w.array(3).encoded(statement.encode());
        w.list(
                attestations,
                (o, a) ->
                        o.array(2).bytes(a.key().toBytes()).bytes(a.signature().toBytes()));
        w.list(openings, (o, step) -> {
            o.array(6).bytes(step.before());
            Paths.write(o, step.beforePath());
            o.bytes(step.segment());
            Paths.write(o, step.segmentPath());
            o.bytes(step.after());
            Paths.write(o, step.afterPath());
        });
    }

    static WorkReceipt readFrom(CborReader r) {
        r.expectArray(3);
        return new WorkReceipt(
                Statement.readFrom(r),
                r.list(MAX_ATTESTATIONS, i -> {
                    i.expectArray(2);
                    return new Attestation(
                            VerifyKey.of(i.fixedBytes(VerifyKey.LENGTH)), Signature.of(i.fixedBytes(Signature.LENGTH)));
                }),
                r.list(MAX_OPENINGS, i -> {
                    i.expectArray(6);
                    return new StepOpening(
                            i.bytes(MAX_STATE_BYTES),
                            Paths.read(i, MAX_PATH),
                            i.bytes(MAX_SEGMENT_BYTES),
                            Paths.read(i, MAX_PATH),
                            i.bytes(MAX_STATE_BYTES),
                            Paths.read(i, MAX_PATH));
                }));
    }

    private static Digest digest(CborReader r) {
        return Digest.of(r.fixedBytes(Digest.LENGTH));
    }
}
