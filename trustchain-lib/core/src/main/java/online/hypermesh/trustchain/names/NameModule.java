package online.hypermesh.trustchain.names;

import java.util.Optional;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;

/**
 * The ledger module {@value NameRecord#MODULE}: whoever registers a free name under the network's suffix owns it until it
 * is transferred or released. Key: the name's ASCII bytes; value: a {@link NameRecord}. Refuses with BAD_NAME,
 * FOREIGN_NAME, NAME_TAKEN, NO_SUCH_NAME, NOT_OWNER. Deterministic and stateless.
 */
public final class NameModule implements LedgerModule {
    @Override
    public String name() {
        return NameRecord.MODULE;
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        NameInstruction instruction = NameInstruction.decode(payload);
        String name = instruction.name();
        Optional<String> problem = NameRules.problem(name);
        if (problem.isPresent()) {
            return Outcome.refused("BAD_NAME", problem.get());
        }
        String suffix = NameRules.suffix(context.genesis());
        if (!NameRules.isUnder(name, suffix)) {
            return Outcome.refused("FOREIGN_NAME", name + " does not end with ." + suffix);
        }
        byte[] key = NameRecord.key(name);
        Optional<NameRecord> current = state.get(key).map(NameRecord::decode);
        if (instruction instanceof NameInstruction.Register register) {
            if (current.isPresent()) {
                return Outcome.refused(
                        "NAME_TAKEN",
                        name + " belongs to " + current.get().owner().toShortString());
            }
            state.put(key, new NameRecord(context.sender(), register.content(), 1).encode());
            return Outcome.applied();
        }
        if (current.isEmpty()) {
            return Outcome.refused("NO_SUCH_NAME", name + " is not registered");
        }
        NameRecord record = current.get();
        if (!record.owner().equals(context.sender())) {
            return Outcome.refused(
                    "NOT_OWNER",
                    name + " belongs to " + record.owner().toShortString() + ", not to "
                            + context.sender().toShortString());
        }
        if (instruction instanceof NameInstruction.Update update) {
            state.put(key, new NameRecord(record.owner(), update.content(), record.revision() + 1).encode());
        } else if (instruction instanceof NameInstruction.Transfer transfer) {
            state.put(key, new NameRecord(transfer.newOwner(), record.content(), record.revision() + 1).encode());
        } else {
            state.remove(key);
        }
        return Outcome.applied();
    }
}
