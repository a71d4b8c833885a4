package online.hypermesh.bootstrap;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** A network of four validators and one operator whose ledger runs the real {@link NetworkPhaseModule} in memory. */
final class FourNodes {
    static final SigningKey OPERATOR = key(100);
    static final SigningKey STRANGER = key(101);
    static final List<SigningKey> VALIDATORS = List.of(key(1), key(2), key(3), key(4));

    private final LedgerModule module = new NetworkPhaseModule();
    private final Genesis genesis;
    private TreeMap<String, byte[]> state = new TreeMap<>();
    private long height;

    FourNodes() {
        this(1, 1, 1, 1);
    }

    FourNodes(long... stakes) {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < stakes.length; i++) {
            validators.add(new GenesisValidator(
                    "n" + (i + 1),
                    VALIDATORS.get(i).verifyKey(),
                    key(i + 21).verifyKey(),
                    key(i + 41).verifyKey(),
                    stakes[i]));
        }
        genesis = new Genesis("test", 1, validators, List.of(OPERATOR.verifyKey()), Parameters.DEFAULT);
        module.initialize(genesis, writer());
    }

    static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) seed;
        return SigningKey.fromSeed(bytes);
    }

    static NodeId id(SigningKey key) {
        return NodeId.of(key.verifyKey());
    }

    Genesis genesis() {
        return genesis;
    }

    PhaseRecord freshRecord() {
        return PhaseRecord.initial(genesis.networkId(), id(VALIDATORS.get(0)));
    }

    PhaseMachine machine() {
        return machine(freshRecord());
    }

    PhaseMachine machine(PhaseRecord record) {
        return new PhaseMachine(genesis, record.node(), Ceilings.DEFAULT, record);
    }

    NetworkPhase networkPhase() {
        return NetworkPhase.decode(read(NetworkPhaseModule.currentKey()).orElseThrow());
    }

    Optional<byte[]> read(byte[] key) {
        return writer().get(key);
    }

    long height() {
        return height;
    }

    Outcome attest(SigningKey sender, Phase phase) {
        return execute(sender, new Readiness(phase).encode());
    }

    /** Executes in a block of its own; a refusal leaves no trace. */
    Outcome execute(SigningKey sender, byte[] payload) {
        height++;
        TreeMap<String, byte[]> before = new TreeMap<>(state);
        Outcome outcome;
        try {
            Transaction transaction =
                    Transaction.sign(genesis.networkId(), sender, height, NetworkPhaseModule.NAME, payload);
            outcome = module.execute(context(transaction), payload, writer());
        } catch (CborException | IllegalArgumentException e) {
            outcome = Outcome.refused("MALFORMED", String.valueOf(e.getMessage()));
        }
        if (outcome instanceof Outcome.Refused) {
            state = before;
        }
        return outcome;
    }

    private StateWriter writer() {
        return new StateWriter() {
            @Override
            public Optional<byte[]> get(byte[] key) {
                return Optional.ofNullable(state.get(new String(key, java.nio.charset.StandardCharsets.US_ASCII)))
                        .map(byte[]::clone);
            }

            @Override
            public void put(byte[] key, byte[] value) {
                state.put(new String(key, java.nio.charset.StandardCharsets.US_ASCII), value.clone());
            }

            @Override
            public void remove(byte[] key) {
                state.remove(new String(key, java.nio.charset.StandardCharsets.US_ASCII));
            }
        };
    }

    private ExecutionContext context(Transaction transaction) {
        return new ExecutionContext() {
            @Override
            public Genesis genesis() {
                return genesis;
            }

            @Override
            public Transaction transaction() {
                return transaction;
            }

            @Override
            public NodeId sender() {
                return transaction.senderId();
            }

            @Override
            public Digest transactionId() {
                return transaction.id();
            }

            @Override
            public long height() {
                return height;
            }

            @Override
            public long timeMillis() {
                return height * 1000;
            }

            @Override
            public StateReader stateOf(String moduleName) {
                return key -> Optional.empty();
            }
        };
    }
}
