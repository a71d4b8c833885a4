package online.hypermesh.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.sim.history.Linearizability;
import online.hypermesh.sim.history.Operation;
import online.hypermesh.sim.history.Register;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;

/**
 * Clients that write registers and read them in the order of all transactions, one call at a time each, through any honest
 * validator that is up, and learn the outcome when that validator finds it final. What they asked and were told, with the
 * order in which it happened, must be explained by registers that are used by one at a time. Confined.
 */
final class SimClients {
    /** Name of the module their transactions are for. */
    static final String MODULE = "registers";

    private static final int CLIENTS = 3;
    private static final int REGISTERS = 2;
    private static final int FIRST_KEY = 101;
    private static final int MOST_THINKING_MILLIS = 500;
    private static final int PATIENCE_MILLIS = 3_000;
    private static final long MAX_STEPS = 1_000_000;
    private static final byte READ = 0;
    private static final byte WRITE = 1;

    /** A call nobody answered yet. */
    private record Call(int client, int via, long begin, int register, Register.Request request) {}

    /** What a chain of blocks makes of the registers. Confined. */
    static final class State {
        private final Map<Integer, String> values = new HashMap<>();

        /** Executes a transaction of a client; what it answers. */
        Optional<String> apply(Transaction t) {
            ByteBuffer call = ByteBuffer.wrap(t.payload());
            byte kind = call.get();
            int register = call.get();
            if (kind == WRITE) {
                values.put(register, Long.toString(call.getLong()));
            }
            return read(register);
        }

        private Optional<String> read(int register) {
            return Optional.ofNullable(values.get(register));
        }
    }

    private final Simulation sim;
    private final boolean staleReads;
    private final SplittableRandom random;
    private final List<SigningKey> keys = new ArrayList<>();
    private final long[] nonces = new long[CLIENTS];
    private final Map<Digest, Call> open = new HashMap<>();
    private final List<List<Operation<Register.Request, Optional<String>>>> histories = new ArrayList<>();
    private long moment;
    private long written;

    /** @param staleReads whether reads are deliberately answered by one validator alone */
    SimClients(Simulation sim, long seed, boolean staleReads) {
        this.sim = sim;
        this.staleReads = staleReads;
        this.random = new SplittableRandom(~seed);
        for (int i = 0; i < CLIENTS; i++) {
            keys.add(SimKeys.key(FIRST_KEY + i));
        }
        for (int i = 0; i < REGISTERS; i++) {
            histories.add(new ArrayList<>());
        }
    }

    void start() {
        for (int client = 0; client < CLIENTS; client++) {
            think(client);
        }
    }

    private void think(int client) {
        sim.later(1 + random.nextInt(MOST_THINKING_MILLIS), () -> call(client));
    }

    private void call(int client) {
        if (sim.isHealed()) {
            return;
        }
        Optional<SimNode> via = sim.honestNode(random);
        if (via.isPresent()) {
            ask(client, via.get(), random.nextBoolean());
        } else {
            think(client);
        }
    }

    /**
     * Everything works again: every client gives up what it waited for and reads once more. So that is the newest transaction
     * of each, and no older one waits for ever at a validator to which somebody once passed it on.
     */
    void heal() {
        List.copyOf(open.keySet()).stream().sorted().forEach(this::giveUp);
        for (int client = 0; client < CLIENTS; client++) {
            ask(client, sim.honestNode(random).orElseThrow(), false);
        }
    }

    private void ask(int client, SimNode via, boolean write) {
        int register = random.nextInt(REGISTERS);
        long value = ++written;
        Register.Request request = write ? new Register.Write(Long.toString(value)) : new Register.Read();
        if (staleReads && !write) {
            // what the validator knows, before it knows whether it is up to date
            long begin = ++moment;
            histories
                    .get(register)
                    .add(Operation.done(
                            client, begin, ++moment, request, via.registers().read(register)));
            think(client);
            return;
        }
        byte[] payload = ByteBuffer.allocate(10)
                .put(write ? WRITE : READ)
                .put((byte) register)
                .putLong(value)
                .array();
        long nonce = nonces[client]++;
        Transaction transaction = new Transaction(
                SimKeys.network(),
                keys.get(client).verifyKey(),
                nonce,
                MODULE,
                payload,
                Signature.of(
                        ByteBuffer.allocate(64).putInt(client).putLong(nonce).array()));
        Call call = new Call(client, via.index, ++moment, register, request);
        open.put(transaction.id(), call);
        sim.submit(via, transaction);
        sim.later(PATIENCE_MILLIS, () -> giveUp(transaction.id()));
    }

    private void giveUp(Digest id) {
        Call call = open.remove(id);
        if (call != null) {
            record(call, Optional.empty());
            think(call.client());
        }
    }

    private void record(Call call, Optional<Optional<String>> answer) {
        histories
                .get(call.register())
                .add(
                        answer.isPresent()
                                ? Operation.done(call.client(), call.begin(), ++moment, call.request(), answer.get())
                                : Operation.unknown(call.client(), call.begin(), call.request()));
    }

    /** A validator found a transaction final and executed it. */
    void answered(int node, Transaction transaction, Optional<String> answer) {
        Call call = open.get(transaction.id());
        if (call != null && call.via() == node) {
            open.remove(transaction.id());
            record(call, Optional.of(answer));
            think(call.client());
        }
    }

    /** The calls that wait at a validator which lost its power are never answered. */
    void lost(int node) {
        List<Digest> waiting = open.entrySet().stream()
                .filter(e -> e.getValue().via() == node)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        waiting.forEach(this::giveUp);
    }

    /** How many calls were answered. */
    long answers() {
        return histories.stream()
                .flatMap(List::stream)
                .filter(o -> o.output().isPresent())
                .count();
    }

    /** Looks for an order that explains what every client saw. */
    void check() {
        open.values().forEach(call -> record(call, Optional.empty()));
        open.clear();
        for (int register = 0; register < REGISTERS; register++) {
            List<Operation<Register.Request, Optional<String>>> history = Register.observed(histories.get(register));
            Linearizability.Answer answer = Linearizability.check(Register.MODEL, history, MAX_STEPS);
            if (answer == Linearizability.Answer.VIOLATION) {
                throw new SimFailure("LINEARIZABLE", "no order explains register " + register + ": " + history);
            }
            if (answer == Linearizability.Answer.UNDECIDED) {
                throw new SimFailure("HISTORY_DECIDED", "register " + register + " took too long: " + history);
            }
        }
    }
}
