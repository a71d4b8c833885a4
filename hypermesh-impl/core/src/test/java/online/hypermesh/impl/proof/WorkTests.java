package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.WorkProgram;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class WorkTests {
    private final PackAudit program = new PackAudit();
    private final Digest seed = Digest.sha256(new byte[] {7});

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void auditingAPackGivesItsIdAndAKeyedHash() {
        for (int length : new int[] {1, 55, 56, 63, 64, 1023, 1024, 1025, 1080, 2048, 5000}) {
            byte[] pack = bytes(length);
            byte[] keyed = Arrays.copyOf(seed.toBytes(), 64 + length);
            System.arraycopy(pack, 0, keyed, 64, length);
            byte[] output = WorkRun.execute(program, seed, pack).statement().output();
            assertThat(PackAudit.packId(output)).as(length + " bytes").isEqualTo(Digest.sha256(pack));
            assertThat(Arrays.copyOfRange(output, 32, 64))
                    .isEqualTo(Digest.sha256(keyed).toBytes());
        }
    }

    @Test
    void aTreeWithAllItsLevelsIsTheTreeOfTheRfc() {
        for (int n = 1; n < 40; n++) {
            HashTree.Builder builder = new HashTree.Builder(1);
            List<Digest> leaves = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                leaves.add(MerkleTree.leafHash(new byte[] {(byte) i}));
                builder.add(leaves.get(i));
            }
            HashTree tree = builder.build();
            assertThat(tree.root()).isEqualTo(MerkleTree.root(leaves));
            for (int i = 0; i < n; i++) {
                assertThat(tree.path(i)).isEqualTo(MerkleTree.path(leaves, i));
            }
        }
    }

    @Test
    void anHonestReceiptHoldsAndATamperedOneDoesNot() {
        WorkRun run = WorkRun.execute(program, seed, bytes(20_000));
        WorkReceipt receipt = run.receipt(8, List.of(attest(run)));
        assertThat(WorkRun.check(receipt, program, 8)).isEmpty();
        assertThat(run.statement().cost()).isEqualTo(program.cost(20_000));

        for (int i = 0; i < receipt.openings().size(); i++) {
            WorkReceipt.StepOpening step = receipt.openings().get(i);
            byte[] wrong = step.segment().clone();
            wrong[3] ^= 1;
            WorkReceipt.StepOpening other = new WorkReceipt.StepOpening(
                    step.before(), step.beforePath(), wrong, step.segmentPath(), step.after(), step.afterPath());
            assertReason(replace(receipt, i, other), RejectReason.WORK_PATH_WRONG);
        }
    }

    /** The executor lies about the result of every step, with a trace and an input that fit together. */
    @Test
    void wrongStepsAreCaughtByRunningThemAgain() {
        WorkRun run = WorkRun.execute(new Lazy(), seed, bytes(20_000));
        assertReason(run.receipt(8, List.of(attest(run))), RejectReason.WORK_STEP_WRONG);
    }

    @Test
    void everybodyWhoRunsItComesToTheSameStatement() {
        byte[] pack = bytes(3000);
        assertThat(WorkRun.execute(program, seed, pack).statement().hash())
                .isEqualTo(
                        WorkRun.execute(program, seed, pack.clone()).statement().hash());
        assertThat(WorkRun.execute(program, Digest.ZERO, pack).statement().hash())
                .isNotEqualTo(WorkRun.execute(program, seed, pack).statement().hash());
    }

    private static WorkReceipt replace(WorkReceipt receipt, int index, WorkReceipt.StepOpening with) {
        List<WorkReceipt.StepOpening> openings = new ArrayList<>(receipt.openings());
        openings.set(index, with);
        return new WorkReceipt(receipt.statement(), receipt.attestations(), openings);
    }

    private void assertReason(WorkReceipt receipt, RejectReason reason) {
        assertThat(WorkRun.check(receipt, program, 8))
                .map(ProofVerdict.Rejected::reason)
                .contains(reason);
    }

    private WorkReceipt.Attestation attest(WorkRun run) {
        return WorkReceipt.Attestation.sign(new NetworkId(Digest.ZERO), ProofNetwork.key(1), run.statement());
    }

    /** Claims to be the audit, but does not read its input. */
    private static final class Lazy implements WorkProgram {
        private final PackAudit honest = new PackAudit();

        @Override
        public Digest id() {
            return honest.id();
        }

        @Override
        public int segmentBytes() {
            return honest.segmentBytes();
        }

        @Override
        public byte[] start(Digest seed, long inputBytes) {
            return honest.start(seed, inputBytes);
        }

        @Override
        public byte[] step(byte[] state, long index, byte[] segment) {
            return state;
        }

        @Override
        public byte[] output(byte[] state) {
            return honest.output(state);
        }

        @Override
        public long cost(long inputBytes) {
            return honest.cost(inputBytes);
        }
    }
}
