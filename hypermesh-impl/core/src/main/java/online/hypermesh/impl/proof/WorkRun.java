package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofVerdict.Rejected;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.WorkProgram;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * One finished execution of a program, with its trace. Takes the input, all states and their hashes in memory: for
 * {@link PackAudit} about a quarter of the input beside the input. Immutable.
 */
public final class WorkRun {
    private final WorkProgram program;
    private final byte[] input;
    private final List<byte[]> states;
    private final HashTree inputTree;
    private final HashTree trace;
    private final WorkReceipt.Statement statement;

    private WorkRun(WorkProgram program, Digest seed, byte[] input) {
        this.program = program;
        this.input = input;
        int steps = Math.toIntExact(program.steps(input.length));
        this.states = new ArrayList<>(steps + 1);
        HashTree.Builder inputLeaves = new HashTree.Builder(steps);
        HashTree.Builder traceLeaves = new HashTree.Builder(steps + 1);
        byte[] state = program.start(seed, input.length);
        for (int i = 0; i <= steps; i++) {
            states.add(state);
            traceLeaves.add(MerkleTree.leafHash(WorkReceipt.traceLeaf(i, state)));
            if (i < steps) {
                byte[] segment = segment(i);
                inputLeaves.add(MerkleTree.leafHash(segment));
                state = program.step(state, i, segment);
            }
        }
        this.inputTree = inputLeaves.build();
        this.trace = traceLeaves.build();
        this.statement = new WorkReceipt.Statement(
                program.id(),
                seed,
                inputTree.root(),
                input.length,
                program.output(state),
                program.cost(input.length),
                trace.root());
    }

    /**
     * The seed that a context gives its executions.
     *
     * @param context the context
     * @return the seed
     */
    public static Digest seed(ProofContext context) {
        return Digest.of(context.challenge(WorkProof.SEED_LABEL, Digest.LENGTH));
    }

    /**
     * Runs a program to its end.
     *
     * @param program what to run
     * @param seed of the context
     * @param input 1..2^31-1 bytes; not copied, must not change
     * @return the run
     */
    public static WorkRun execute(WorkProgram program, Digest seed, byte[] input) {
        return new WorkRun(program, seed, input);
    }

    /**
     * What the run came to; equal for everybody who runs the same.
     *
     * @return the statement
     */
    public WorkReceipt.Statement statement() {
        return statement;
    }

    /**
     * Opens the steps that the statement draws, and attaches who vouches.
     *
     * @param steps how many to draw, 1..32
     * @param attestations the executor's first
     * @return the receipt
     */
    public WorkReceipt receipt(int steps, List<WorkReceipt.Attestation> attestations) {
        List<WorkReceipt.StepOpening> openings = new ArrayList<>();
        for (long drawn : opened(statement, program, steps)) {
            int i = (int) drawn;
            openings.add(new WorkReceipt.StepOpening(
                    states.get(i), trace.path(i), segment(i), inputTree.path(i), states.get(i + 1), trace.path(i + 1)));
        }
        return new WorkReceipt(statement, attestations, openings);
    }

    private byte[] segment(int index) {
        int from = index * program.segmentBytes();
        return Arrays.copyOfRange(input, from, Math.min(input.length, from + program.segmentBytes()));
    }

    /** The first step, the last step, and those drawn from the statement. */
    static TreeSet<Long> opened(WorkReceipt.Statement statement, WorkProgram program, int count) {
        long steps = program.steps(statement.inputBytes());
        TreeSet<Long> opened = Draw.distinct(statement.hash().toBytes(), count, steps);
        opened.add(0L);
        opened.add(steps - 1);
        return opened;
    }

    /** Runs the opened steps again. */
    static Optional<Rejected> check(WorkReceipt receipt, WorkProgram program, int count) {
        WorkReceipt.Statement statement = receipt.statement();
        long steps = program.steps(statement.inputBytes());
        int at = 0;
        for (long index : opened(statement, program, count)) {
            WorkReceipt.StepOpening step = receipt.openings().get(at++);
            boolean paths = traced(index, step.before(), step.beforePath(), steps, statement)
                    && traced(index + 1, step.after(), step.afterPath(), steps, statement)
                    && MerkleTree.verify(
                            MerkleTree.leafHash(step.segment()),
                            index,
                            steps,
                            step.segmentPath(),
                            statement.inputRoot());
            if (!paths) {
                return Optional.of(new Rejected(
                        RejectReason.WORK_PATH_WRONG, "step " + index + " does not lie under the receipt's roots"));
            }
            if (!holds(step, index, steps, program, statement)) {
                return Optional.of(new Rejected(
                        RejectReason.WORK_STEP_WRONG, "running step " + index + " again gives something else"));
            }
        }
        return Optional.empty();
    }

    private static boolean traced(
            long index, byte[] state, List<Digest> path, long steps, WorkReceipt.Statement statement) {
        return MerkleTree.verify(
                MerkleTree.leafHash(WorkReceipt.traceLeaf(index, state)),
                index,
                steps + 1,
                path,
                statement.traceRoot());
    }

    private static boolean holds(
            WorkReceipt.StepOpening step,
            long index,
            long steps,
            WorkProgram program,
            WorkReceipt.Statement statement) {
        try {
            return (index > 0 || Arrays.equals(step.before(), program.start(statement.seed(), statement.inputBytes())))
                    && Arrays.equals(step.after(), program.step(step.before(), index, step.segment()))
                    && (index < steps - 1 || Arrays.equals(statement.output(), program.output(step.after())));
        } catch (IllegalArgumentException | CborException e) {
            return false; // the program says that this state cannot occur here
        }
    }
}
