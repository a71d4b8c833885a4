package online.hypermesh.bootstrap;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * The network's phase as a ledger module. It begins in Phase 1. When validators with more than two thirds of the stake have
 * attested that they are ready for the next phase, the network is in it from that block on. It skips no phase and never goes
 * back; lowering is an operator's command to one node and not in the ledger. Attesting again, or for a phase already reached,
 * changes nothing and is no error. The result of an attestation is the network's phase after it. Stateless and deterministic.
 */
public final class NetworkPhaseModule implements LedgerModule {
    /** Name of the module. */
    public static final String NAME = "network";

    private static final int MAX_VALIDATORS = 1000;

    /** Creates the module. */
    public NetworkPhaseModule() {}

    /**
     * Key of the network's present {@link NetworkPhase}.
     *
     * @return the key
     */
    public static byte[] currentKey() {
        return ascii("phase");
    }

    /**
     * Key of the {@link NetworkPhase} by which the network entered a phase; absent before that.
     *
     * @param phase Phase 1, 2 or 3
     * @return the key
     */
    public static byte[] checkpointKey(Phase phase) {
        return ascii("phase/" + phase.number());
    }

    /**
     * Key of the validators that are ready for a phase not yet reached: an array of version 1 and their indexes, ascending.
     *
     * @param phase Phase 2 or 3
     * @return the key
     */
    public static byte[] readyKey(Phase phase) {
        return ascii("ready/" + phase.number());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void initialize(Genesis genesis, StateWriter state) {
        enter(new NetworkPhase(Phase.TRUST, 0, genesis.createdAtMillis()), state);
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        Phase wanted = Readiness.decode(payload).phase();
        ValidatorSet validators = ValidatorSet.of(context.genesis());
        OptionalInt index = validators.indexOf(context.sender());
        if (index.isEmpty()) {
            return Outcome.refused(
                    "NOT_A_VALIDATOR", context.sender() + " is not a validator; only validators attest readiness");
        }
        NetworkPhase current = current(state);
        int step = wanted.number() - current.phase().number();
        if (step <= 0) {
            return new Outcome.Applied(current.encode());
        }
        if (step > 1) {
            return Outcome.refused(
                    "PHASE_SKIPPED",
                    "the network is in Phase " + current.phase().number() + "; readiness can be attested for Phase "
                            + (current.phase().number() + 1) + ", not " + wanted.number());
        }
        BitSet ready = ready(wanted, validators.size(), state);
        ready.set(index.getAsInt());
        if (!validators.isQuorum(validators.stakeOf(ready))) {
            state.put(readyKey(wanted), encode(ready));
            return new Outcome.Applied(current.encode());
        }
        NetworkPhase next = new NetworkPhase(wanted, context.height(), context.timeMillis());
        state.remove(readyKey(wanted));
        enter(next, state);
        return new Outcome.Applied(next.encode());
    }

    private static void enter(NetworkPhase phase, StateWriter state) {
        state.put(currentKey(), phase.encode());
        state.put(checkpointKey(phase.phase()), phase.encode());
    }

    private static NetworkPhase current(StateReader state) {
        return NetworkPhase.decode(state.get(currentKey())
                .orElseThrow(() -> new IllegalStateException("the network's phase is missing from its state")));
    }

    private static BitSet ready(Phase phase, int validators, StateReader state) {
        BitSet ready = new BitSet(validators);
        state.get(readyKey(phase)).ifPresent(bytes -> {
            CborReader r = new CborReader(bytes).expectArray(2).expect(1, "readiness list version");
            List<Integer> indexes = r.list(MAX_VALIDATORS, i -> i.uint(validators - 1));
            r.end();
            int last = -1;
            for (int index : indexes) {
                if (index <= last) {
                    throw new CborException("readiness list names validator " + index + " after " + last);
                }
                last = index;
                ready.set(index);
            }
        });
        return ready;
    }

    private static byte[] encode(BitSet ready) {
        List<Integer> indexes = IntStream.of(ready.stream().toArray()).boxed().toList();
        return new CborWriter(16 + indexes.size() * 3)
                .array(2)
                .uint(1)
                .list(indexes, (w, index) -> w.uint(index))
                .toBytes();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
