package online.hypermesh.trustchain.testing;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/** A founded network of four validators and one operator, with everybody's keys. */
public final class TestNetwork {
    /** When it was founded; tests run at later moments. */
    public static final long FOUNDED = 1_800_000_000_000L;

    /** Some moment in its life. */
    public static final long NOW = FOUNDED + 10_000_000;

    public final List<SigningKey> nodeKeys = new ArrayList<>();
    public final List<SigningKey> issuerKeys = new ArrayList<>();
    public final SigningKey operator = key(99);
    public final Genesis genesis;

    public TestNetwork() {
        this("test", 0);
    }

    public TestNetwork(String name, int seed) {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            SigningKey node = key(seed + i);
            SigningKey issuer = key(seed + 20 + i);
            nodeKeys.add(node);
            issuerKeys.add(issuer);
            validators.add(new GenesisValidator(
                    "n" + i, node.verifyKey(), key(seed + 10 + i).verifyKey(), issuer.verifyKey(), 1));
        }
        genesis = new Genesis(name, FOUNDED, validators, List.of(operator.verifyKey()), Parameters.DEFAULT);
    }

    public static SigningKey key(int n) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) n);
        return SigningKey.fromSeed(seed);
    }

    public static SigningKey freshKey() {
        return SigningKey.generate(new SecureRandom());
    }

    public NetworkId id() {
        return genesis.networkId();
    }

    public NodeId node(int i) {
        return NodeId.of(nodeKeys.get(i).verifyKey());
    }

    /** A proof whose path means nothing: what it says is decided by the light client of the test. */
    public StateProof proof(String module, byte[] key, Optional<byte[]> value, long timeMillis) {
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                id(),
                0,
                7,
                6,
                7,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                timeMillis,
                node(0),
                Digest.ZERO,
                0,
                2026);
        Certificate certificate = new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, 7, header.id()), List.of());
        return new StateProof(module, key, value, new byte[0], header, certificate, List.of());
    }
}
