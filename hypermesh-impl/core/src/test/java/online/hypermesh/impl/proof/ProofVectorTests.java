package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofPolicy;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.api.proof.WorkProof;
import online.hypermesh.api.proof.WorkReceipt;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** Checks every vector of {@code docs/spec/vectors/proof.txt}. */
class ProofVectorTests {
    private static final HexFormat HEX = HexFormat.of();

    private final SigningKey key = SigningKey.fromSeed(new byte[32]);
    private final NodeId node = NodeId.of(key.verifyKey());
    private final NetworkId network = new NetworkId(digest(1));

    private static Digest digest(int value) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) value);
        return Digest.of(bytes);
    }

    private Map<String, String> computed() {
        Map<String, String> all = new LinkedHashMap<>();
        ProofContext context =
                new ProofContext(network, 2, "assets", digest(3), key.verifyKey(), digest(4), 300, new byte[] {
                    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
                });
        put(all, "context", context.encode());
        put(all, "context.id", context.id().toBytes());
        put(all, "context.challenge.puzzle", context.challenge(WorkProof.PUZZLE_LABEL, 32));
        put(all, "context.ambient.vrf", context.ambientChallenge(StakeProof.VRF_LABEL, 32));
        put(all, "context.time-blind.1", context.challenge(new DomainTag(TimeProof.BLIND_LABEL.name() + "/1"), 32));
        put(
                all,
                "operation",
                ProofContext.operation(network, key.verifyKey(), 7, "assets", new byte[] {1, 2, 3})
                        .toBytes());
        put(all, "leadership", ProofModule.leadership(network, node, 3).toBytes());
        ReplicaCommitment replica = new ReplicaCommitment(digest(5), digest(6), digest(7), 9, 1 << 14, 3);
        put(all, "participant.key", Participant.key(node));
        put(
                all,
                "participant",
                new Participant(
                                100,
                                1000,
                                Optional.of(key.verifyKey()),
                                Optional.of(new Participant.VrfKey(new byte[33], 8)),
                                List.of(new Participant.Replica(replica, 9)))
                        .encode());
        all.put(
                "space.leaves",
                SpaceChallenge.leaves(context, replica, 8).toString().replaceAll("[\\[\\] ]", ""));
        byte[] encoded = new SectorCodec(network, node, digest(7), 1 << 14, 3).encode(2, new byte[1 << 14]);
        put(all, "sector.sha256", Digest.sha256(encoded).toBytes());
        put(all, "vrf-key.input", ProofModule.vrfPossessionInput(network, node));
        put(
                all,
                "puzzle.8-bits.first",
                hexLong(Puzzle.solve(context, 8, 0, 1 << 20).orElseThrow()));
        WorkRun run = WorkRun.execute(new PackAudit(), WorkRun.seed(context), new byte[2000]);
        put(all, "pack-audit.id", new PackAudit().id().toBytes());
        put(all, "pack-audit.statement", run.statement().encode());
        byte[] work = new WorkProof(
                        OptionalLong.of(5),
                        Optional.of(
                                run.receipt(1, List.of(WorkReceipt.Attestation.sign(network, key, run.statement())))))
                .encode();
        put(all, "work-proof.sha256", Digest.sha256(work).toBytes());
        put(
                all,
                "stake-proof",
                new StakeProof(
                                key.sign(
                                        StakeProof.POSSESSION_TAG,
                                        network,
                                        context.id().toBytes()),
                                Optional.of(new byte[81]))
                        .encode());
        put(
                all,
                "time-proof",
                new TimeProof(1_790_000_000_000L, List.of(new TimeProof.Sample(key.verifyKey(), new byte[] {1, 2})))
                        .encode());
        put(
                all,
                "policy",
                new ProofPolicy(
                                1,
                                Map.of(
                                        "assets",
                                        ProofRequirement.builder().puzzle(16).build()),
                                List.of(key.verifyKey()))
                        .encode());
        return all;
    }

    private static byte[] hexLong(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    private static void put(Map<String, String> all, String name, byte[] value) {
        all.put(name, HEX.formatHex(value));
    }

    @Test
    void everyVectorIsGiven() throws IOException {
        Path file = Path.of("../../docs/spec/vectors/proof.txt");
        Map<String, String> published = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            if (!line.startsWith("#")) {
                int at = line.indexOf(" = ");
                published.put(line.substring(0, at), line.substring(at + 3));
            }
        }
        assertThat(published).containsExactlyEntriesOf(computed());
    }
}
