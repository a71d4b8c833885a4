package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofPolicy;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;

/** The module and its gate in a real ledger, block by block. */
class ProofModuleTests {
    private ProofNetwork net = new ProofNetwork();
    private final SigningKey operator = ProofNetwork.key(40);

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        r -> assertThat(r.code()).as(r.detail()).isEqualTo(code));
    }

    private static void assertApplied(Outcome outcome) {
        assertThat(outcome).as(outcome.toString()).isInstanceOf(Outcome.Applied.class);
    }

    private void require(ProvingNode node, String type, long version) {
        assertApplied(net.submit(
                operator,
                new ProofInstruction.SetPolicy(
                        new ProofPolicy(version, Map.of(type, node.requirement), node.sources()))));
    }

    @Test
    void withoutAPolicyEverythingPassesAsBefore() {
        assertThat(ProofRecords.policy(net.proofs())).isEqualTo(ProofPolicy.NONE);
        assertApplied(net.commit(net.transaction(ProofNetwork.key(77), "notes", new byte[] {1}))
                .get(0));
        assertThat(ProofRecords.mayLead(
                        net.proofs(), net.genesis.validators().get(0).nodeId(), 5))
                .isTrue();
    }

    @Test
    void anOperationPassesOnceItsProofsWerePresented() {
        ProvingNode node = new ProvingNode(net);
        require(node, "notes", 1);
        net.pass(1);
        // the bundle is for this very transaction, which is signed with a later nonce than the presentation
        long nonce = 1_000;
        Transaction note = Transaction.sign(net.genesis.networkId(), node.key, nonce, "notes", new byte[] {9});
        assertRefused(net.commit(note).get(0), "PROOF_REQUIRED");

        Transaction next = Transaction.sign(net.genesis.networkId(), node.key, nonce + 2, "notes", new byte[] {9});
        node.refresh("notes", ProofContext.operation(next));
        byte[] bundle = new ProofInstruction.Present(node.bundle().encode()).encode();
        Transaction present = Transaction.sign(net.genesis.networkId(), node.key, nonce + 1, "proofs", bundle);
        Transaction other = Transaction.sign(net.genesis.networkId(), node.key, nonce + 3, "notes", new byte[] {8});
        List<Outcome> outcomes = net.commit(present, next, other);
        assertApplied(outcomes.get(0));
        assertApplied(outcomes.get(1));
        assertRefused(outcomes.get(2), "PROOF_REQUIRED");

        Transaction replay = Transaction.sign(net.genesis.networkId(), node.key, nonce + 4, "proofs", bundle);
        Transaction thief = Transaction.sign(net.genesis.networkId(), ProofNetwork.key(11), 1, "proofs", bundle);
        outcomes = net.commit(replay, thief);
        assertRefused(outcomes.get(0), "REPLAYED");
        assertRefused(outcomes.get(1), "WRONG_SUBJECT");
    }

    @Test
    void anchorsOfLaterEpochsCount() {
        net = new ProofNetwork("test-proofs", 1);
        ProvingNode node = new ProvingNode(net);
        require(node, "notes", 1);
        net.endEpoch();
        net.endEpoch();
        net.pass(2);
        assertThat(net.tree.epoch()).isEqualTo(2);
        Transaction note = Transaction.sign(net.genesis.networkId(), node.key, 1_002, "notes", new byte[] {9});
        node.refresh("notes", ProofContext.operation(note));
        byte[] bundle = new ProofInstruction.Present(node.bundle().encode()).encode();
        Transaction present = Transaction.sign(net.genesis.networkId(), node.key, 1_001, "proofs", bundle);
        net.commit(present, note).forEach(ProofModuleTests::assertApplied);
    }

    @Test
    void grantsAndNullifiersAreForgottenOnceTheyExpired() {
        ProvingNode node = new ProvingNode(net);
        node.requirement = ProofRequirement.builder().maxAge(256).puzzle(4).build();
        require(node, "notes", 1);
        net.pass(1);
        node.refresh("notes", Digest.ZERO);
        assertApplied(
                net.submit(node.key, new ProofInstruction.Present(node.bundle().encode())));
        ProofContext first = node.context;
        assertThat(ProofRecords.isAccepted(net.proofs(), first.id())).isTrue();
        assertThat(ProofRecords.isGranted(net.proofs(), node.id, "notes", Digest.ZERO, first.expiryHeight()))
                .isTrue();
        assertThat(ProofRecords.isGranted(net.proofs(), node.id, "notes", Digest.ZERO, first.expiryHeight() + 1))
                .isFalse();
        net.pass(60);
        node.refresh("notes", Digest.sha256(new byte[1]));
        assertApplied(
                net.submit(node.key, new ProofInstruction.Present(node.bundle().encode())));
        assertThat(ProofRecords.isAccepted(net.proofs(), first.id())).isFalse();
        assertThat(ProofRecords.isGranted(net.proofs(), node.id, "notes", Digest.ZERO, 0))
                .isFalse();
        assertThat(ProofRecords.isAccepted(net.proofs(), node.context.id())).isTrue();
    }

    @Test
    void leadershipIsEarnedInTheEpochBefore() {
        ProvingNode node = new ProvingNode(net);
        node.requirement = ProofRequirement.builder().stake(100, 1).build();
        require(node, ProofPolicy.LEADERSHIP, 1);
        net.pass(1);
        assertThat(ProofRecords.mayLead(net.proofs(), node.id, 1)).isFalse();
        node.refresh(ProofPolicy.LEADERSHIP, ProofModule.leadership(net.genesis.networkId(), node.id, 7));
        assertRefused(
                net.submit(node.key, new ProofInstruction.Present(node.bundle().encode())), "WRONG_OPERATION");
        long next = net.head().epoch() + 1;
        node.refresh(ProofPolicy.LEADERSHIP, ProofModule.leadership(net.genesis.networkId(), node.id, next));
        assertApplied(
                net.submit(node.key, new ProofInstruction.Present(node.bundle().encode())));
        assertThat(ProofRecords.mayLead(net.proofs(), node.id, next)).isTrue();
        assertThat(ProofRecords.mayLead(net.proofs(), node.id, next + 1)).isFalse();
    }

    @Test
    void onlyOperatorsSetThePolicyAndVersionsGrow() {
        ProofPolicy policy = new ProofPolicy(2, Map.of("notes", ProofRequirement.NOTHING_MORE), List.of());
        assertRefused(net.submit(ProofNetwork.key(10), new ProofInstruction.SetPolicy(policy)), "DENIED");
        assertApplied(net.submit(operator, new ProofInstruction.SetPolicy(policy)));
        assertRefused(net.submit(operator, new ProofInstruction.SetPolicy(policy)), "CONFLICT");
        assertRefused(net.submit(ProofNetwork.key(10), new ProofInstruction.Present(new byte[3])), "MALFORMED");
    }

    @Test
    void aProductionNetworkRefusesTestParameters() {
        ProofNetwork production = new ProofNetwork("proofs");
        ProvingNode node = new ProvingNode(net);
        assertRefused(
                production.submit(node.key, new ProofInstruction.RegisterReplica(node.commitment())),
                "TEST_PARAMETERS");
        for (ProofRequirement small : List.of(
                ProofRequirement.builder().puzzle(6).build(),
                ProofRequirement.builder().space(1 << 20, 64, 8, 60_000).build(),
                ProofRequirement.builder().space(1L << 30, 4, 8, 60_000).build(),
                ProofRequirement.builder().work(1, 2, 0).build())) {
            ProofPolicy policy = new ProofPolicy(1, Map.of("notes", small), List.of());
            assertRefused(production.submit(operator, new ProofInstruction.SetPolicy(policy)), "TEST_PARAMETERS");
            assertThat(policy.problemsIn(net.genesis)).isEmpty();
        }
        ProofPolicy sourceless = new ProofPolicy(
                1, Map.of("notes", ProofRequirement.builder().time(1000, 2).build()), List.of());
        assertRefused(net.submit(operator, new ProofInstruction.SetPolicy(sourceless)), "TEST_PARAMETERS");
    }

    @Test
    void replicasAndVrfKeysAreRegisteredAndDropped() {
        ProvingNode node = new ProvingNode(net);
        for (int i = 1; i < 8; i++) {
            assertApplied(net.submit(node.key, new ProofInstruction.RegisterReplica(node.commitment())));
        }
        assertRefused(net.submit(node.key, new ProofInstruction.RegisterReplica(node.commitment())), "LIMIT_EXCEEDED");
        assertApplied(net.submit(node.key, new ProofInstruction.DropReplica(7)));
        assertRefused(net.submit(node.key, new ProofInstruction.DropReplica(7)), "NOT_FOUND");
        assertRefused(
                net.submit(
                        ProofNetwork.key(11),
                        new ProofInstruction.RegisterVrfKey(
                                node.vrf.publicKey(),
                                node.vrf.prove(ProofModule.vrfPossessionInput(net.genesis.networkId(), node.id)))),
                "INVALID_PROOF");
    }

    @Test
    void policiesAndInstructionsSurviveTheirEncoding() {
        ProvingNode node = new ProvingNode(net);
        ProofPolicy policy = new ProofPolicy(
                3, Map.of("notes", node.requirement, "assets", ProofRequirement.NOTHING_MORE), node.sources());
        assertThat(ProofPolicy.decode(policy.encode())).isEqualTo(policy);
        byte[] encoded = new ProofInstruction.SetPolicy(policy).encode();
        assertThat(ProofInstruction.decode(encoded).encode()).isEqualTo(encoded);
    }
}
