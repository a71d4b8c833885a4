package online.hypermesh.impl.ledger;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * One transaction on its way through gate and module: the context both see, the module's writes, and their undoing.
 * Confined to one thread and one transaction.
 */
final class TransactionExecution implements ExecutionContext {
    private static final int MAX_RESULT_BYTES = 4096;
    private static final int MAX_CODE_BYTES = 64;
    private static final int MAX_DETAIL_BYTES = 1024;

    private final Genesis genesis;
    private final long height;
    private final long timeMillis;
    private final Transaction transaction;
    private final NodeId sender;
    private final Digest id;
    private final StateChanges state;
    private final int moduleVersion;

    /**
     * @param state with the transaction's nonce already recorded, when the transaction is to run
     * @param moduleVersion of the addressed module in this epoch
     */
    TransactionExecution(
            Genesis genesis,
            long height,
            long timeMillis,
            Transaction transaction,
            NodeId sender,
            Digest id,
            StateChanges state,
            int moduleVersion) {
        this.genesis = genesis;
        this.height = height;
        this.timeMillis = timeMillis;
        this.transaction = transaction;
        this.sender = sender;
        this.id = id;
        this.state = state;
        this.moduleVersion = moduleVersion;
    }

    /** Runs the transaction; afterwards the state holds its writes, or none of them after a refusal. */
    Outcome run(TransactionGate gate, LedgerModule module) {
        state.begin();
        Outcome outcome = bounded(attempt(gate, module));
        if (!(outcome instanceof Outcome.Applied)) {
            state.undo();
        }
        return outcome;
    }

    /** Only asks the gate; nothing is written. */
    Optional<Outcome.Refused> refusal(TransactionGate gate) {
        try {
            return gate.refusal(this);
        } catch (CborException e) {
            return Optional.of(new Outcome.Refused("MALFORMED", "payload: " + e.getMessage()));
        } catch (IllegalArgumentException e) {
            return Optional.of(new Outcome.Refused("MALFORMED", "the gate found a value out of its range"));
        }
    }

    private Outcome attempt(TransactionGate gate, LedgerModule module) {
        Writer writer = new Writer(module.name());
        try {
            Optional<Outcome.Refused> refusal = gate.refusal(this);
            return refusal.isPresent() ? refusal.get() : module.execute(this, transaction.payload(), writer);
        } catch (CborException e) {
            return Outcome.refused("MALFORMED", "payload: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            // The message may come from the platform and differ between its versions; outcomes must not.
            return Outcome.refused("MALFORMED", "module " + module.name() + " found a value out of its range");
        } finally {
            writer.open = false;
        }
    }

    private static Outcome bounded(Outcome outcome) {
        if (outcome instanceof Outcome.Refused r) {
            return Outcome.refused(cut(r.code(), MAX_CODE_BYTES), cut(r.detail(), MAX_DETAIL_BYTES));
        }
        int length = ((Outcome.Applied) outcome).result().length;
        return length <= MAX_RESULT_BYTES
                ? outcome
                : Outcome.refused("LIMIT_EXCEEDED", "result of " + length + " bytes, limit " + MAX_RESULT_BYTES);
    }

    /** The longest prefix of whole characters that fits. */
    private static String cut(String text, int maxBytes) {
        int bytes = 0;
        int end = 0;
        while (end < text.length()) {
            int point = text.codePointAt(end);
            int chars = Character.charCount(point);
            bytes += text.substring(end, end + chars).getBytes(StandardCharsets.UTF_8).length;
            if (bytes > maxBytes) {
                break;
            }
            end += chars;
        }
        return text.substring(0, end);
    }

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
        return sender;
    }

    @Override
    public Digest transactionId() {
        return id;
    }

    @Override
    public long height() {
        return height;
    }

    @Override
    public long timeMillis() {
        return timeMillis;
    }

    @Override
    public int moduleVersion() {
        return moduleVersion;
    }

    @Override
    public StateReader stateOf(String module) {
        return state.reader(module);
    }

    private final class Writer implements StateWriter {
        private final String module;
        private boolean open = true;

        Writer(String module) {
            this.module = module;
        }

        @Override
        public Optional<byte[]> get(byte[] key) {
            requireOpen();
            return state.get(module, key);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            requireOpen();
            state.put(module, key, value);
        }

        @Override
        public void remove(byte[] key) {
            requireOpen();
            state.remove(module, key);
        }

        private void requireOpen() {
            if (!open) {
                throw new IllegalStateException(
                        "module " + module + " used its state writer after its transaction ended");
            }
        }
    }
}
