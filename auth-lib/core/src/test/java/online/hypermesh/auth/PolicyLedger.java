package online.hypermesh.auth;

import java.util.List;
import java.util.Map;
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
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.PolicyReader;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** A ledger of one module in memory: gate, execution, undo on refusal, replay protection by nonce. */
final class PolicyLedger implements PolicyReader {
    static final SigningKey OPERATOR = key(100);
    static final List<SigningKey> VALIDATORS = List.of(key(1), key(2), key(3), key(4));

    private final LedgerModule module = new PolicyModule();
    private final TransactionGate gate = new LedgerTransactionGate();
    private final Genesis genesis;
    private final Map<NodeId, Long> nonces = new TreeMap<>();
    private TreeMap<Digest, byte[]> state = new TreeMap<>();
    private long height;

    PolicyLedger() {
        this(genesis(List.of(OPERATOR)));
    }

    PolicyLedger(Genesis genesis) {
        this.genesis = genesis;
        module.initialize(genesis, writer());
    }

    static Genesis genesis(List<SigningKey> operators) {
        return new Genesis(
                "test",
                1,
                List.of(validator("n1", 1), validator("n2", 2), validator("n3", 3), validator("n4", 4)),
                operators.stream().map(SigningKey::verifyKey).toList(),
                Parameters.DEFAULT);
    }

    private static GenesisValidator validator(String name, int seed) {
        return new GenesisValidator(
                name,
                key(seed).verifyKey(),
                key(seed + 20).verifyKey(),
                key(seed + 40).verifyKey(),
                1);
    }

    static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) seed;
        bytes[1] = (byte) (seed >>> 8);
        return SigningKey.fromSeed(bytes);
    }

    static NodeId id(SigningKey key) {
        return NodeId.of(key.verifyKey());
    }

    Outcome run(SigningKey sender, PolicyCommand command) {
        return run(sender, PolicyState.MODULE, command.encode());
    }

    Outcome run(SigningKey sender, String moduleName, byte[] payload) {
        long nonce = nonces.getOrDefault(id(sender), 0L) + 1;
        return execute(Transaction.sign(genesis.networkId(), sender, nonce, moduleName, payload));
    }

    /** Executes in a block of its own. */
    Outcome execute(Transaction transaction) {
        NodeId sender = transaction.senderId();
        if (transaction.nonce() <= nonces.getOrDefault(sender, 0L)) {
            return Outcome.refused("REPLAYED", "nonce " + transaction.nonce());
        }
        nonces.put(sender, transaction.nonce());
        height++;
        TreeMap<Digest, byte[]> before = new TreeMap<>(state);
        Outcome outcome;
        try {
            ExecutionContext context = context(transaction);
            Optional<Outcome.Refused> refusal = gate.refusal(context);
            if (refusal.isPresent()) {
                outcome = refusal.get();
            } else if (transaction.module().equals(PolicyState.MODULE)) {
                outcome = module.execute(context, transaction.payload(), writer());
            } else {
                outcome = Outcome.applied();
            }
        } catch (CborException | IllegalArgumentException e) {
            outcome = Outcome.refused("MALFORMED", String.valueOf(e.getMessage()));
        }
        if (outcome instanceof Outcome.Refused) {
            state = before;
        }
        return outcome;
    }

    @Override
    public Optional<byte[]> read(String moduleName, byte[] key) {
        return moduleName.equals(PolicyState.MODULE) ? writer().get(key) : Optional.empty();
    }

    long height() {
        return height;
    }

    Genesis genesis() {
        return genesis;
    }

    int keyCount() {
        return state.size();
    }

    int largestValueBytes() {
        return state.values().stream().mapToInt(v -> v.length).max().orElse(0);
    }

    /** A digest over every key and value in order. */
    Digest root() {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        state.forEach((key, value) -> {
            out.writeBytes(key.toBytes());
            out.writeBytes(Digest.sha256(value).toBytes());
        });
        return Digest.sha256(out.toByteArray());
    }

    private StateWriter writer() {
        return new StateWriter() {
            @Override
            public Optional<byte[]> get(byte[] key) {
                return Optional.ofNullable(state.get(Digest.sha256(key))).map(byte[]::clone);
            }

            @Override
            public void put(byte[] key, byte[] value) {
                if (key.length < 1 || key.length > 256 || value.length > 65_536) {
                    throw new IllegalStateException("key " + key.length + ", value " + value.length);
                }
                state.put(Digest.sha256(key), value.clone());
            }

            @Override
            public void remove(byte[] key) {
                state.remove(Digest.sha256(key));
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
                return moduleName.equals(PolicyState.MODULE) ? writer() : key -> Optional.empty();
            }
        };
    }
}
