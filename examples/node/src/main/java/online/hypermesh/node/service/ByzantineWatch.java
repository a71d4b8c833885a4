package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.EquivocationListener;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.node.operation.Contradiction;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What this node does about validators that provably contradict themselves. In Phases 0 and 1 it records: log and evidence
 * file. From Phase 2 it acts: such a validator is marked, shown with the evidence in the status, and asked for nothing that
 * another one can give. In Phase 3 it enforces: its requests are refused, except what consensus needs, where only stake
 * decides. Nothing but two signatures that exclude each other leads to any of this: no silence, no slowness, no accusation by
 * others. Thread-safe.
 */
final class ByzantineWatch implements EquivocationListener {
    private static final Logger LOG = System.getLogger(ByzantineWatch.class.getName());

    private final ValidatorSet validators;
    private final EvidenceFile file;
    private final Executor workers;
    private final Clock clock;
    private volatile Phase phase = Phase.TRADITIONAL;

    ByzantineWatch(Genesis genesis, EvidenceFile file, Executor workers, Clock clock) {
        this.validators = ValidatorSet.of(genesis);
        this.file = file;
        this.workers = workers;
        this.clock = clock;
    }

    /** Takes on a phase's behaviour. */
    void enter(Phase next) {
        phase = next;
    }

    @Override
    public void caught(Equivocation equivocation) {
        Contradiction contradiction =
                new Contradiction(validators.get(equivocation.validator()).id(), clock.millis(), equivocation);
        try {
            workers.execute(() -> keep(contradiction));
        } catch (RejectedExecutionException e) {
            keep(contradiction); // evidence may not come twice
        }
    }

    /**
     * Takes what the finalized state records and the evidence file lacks, as after the file was lost.
     *
     * @param state reads the finalized state by key space and key
     * @param evidenceAt the evidence in the finalized block of a height; empty when this node has no such block
     */
    void restore(BiFunction<String, byte[], Optional<byte[]>> state, LongFunction<List<Equivocation>> evidenceAt) {
        for (int i = 0; i < validators.size(); i++) {
            NodeId validator = validators.get(i).id();
            Optional<byte[]> summary =
                    state.apply(Equivocation.STATE_MODULE, validator.digest().toBytes());
            if (summary.isEmpty() || file.of(validator).isPresent()) {
                continue;
            }
            CborReader r = new CborReader(summary.get()).expectArray(3);
            r.uint();
            int accused = i;
            evidenceAt.apply(r.uint()).stream()
                    .filter(e -> e.validator() == accused)
                    .forEach(this::caught);
        }
    }

    private void keep(Contradiction contradiction) {
        try {
            if (file.add(contradiction)) {
                LOG.log(
                        Level.WARNING,
                        "validator {0} contradicts itself: {1}; the evidence is in {2}",
                        contradiction.validator(),
                        contradiction.text(),
                        file.path());
            }
        } catch (CodedException e) {
            LOG.log(Level.ERROR, "evidence against " + contradiction.validator() + " is not durable", e);
        }
    }

    /** Contradictions that this node acts upon; empty before Phase 2. */
    List<Contradiction> marked() {
        return phase.number() >= Phase.PARTIAL_FEDERATION.number() ? file.all() : List.of();
    }

    /** Whether this node asks a validator only when no other one is left. */
    boolean isMarked(NodeId validator) {
        return phase.number() >= Phase.PARTIAL_FEDERATION.number()
                && file.of(validator).isPresent();
    }

    /** Why a peer's requests are refused, if they are. */
    Optional<HypermeshException> refusal(NodeId peer) {
        if (phase != Phase.FULL_FEDERATION) {
            return Optional.empty();
        }
        return file.of(peer)
                .map(c -> new HypermeshException(
                        Code.DENIED,
                        Retry.NEVER,
                        "this node serves " + peer.toShortString() + " nothing but consensus, because " + c.text()
                                + ". The proof is in this node's status and cannot be taken back. For anything but voting use"
                                + " another identity; an operator enrolls it with: hypermesh policy enroll"));
    }
}
