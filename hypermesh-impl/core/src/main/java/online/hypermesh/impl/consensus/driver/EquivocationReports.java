package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.EquivocationListener;
import online.hypermesh.impl.ledger.BlockTree;

/** Tells the log and whoever watches when a validator was caught contradicting itself. Thread-safe. */
final class EquivocationReports {
    private static final Logger LOG = System.getLogger(EquivocationReports.class.getName());

    private final BlockTree tree;
    private final List<EquivocationListener> listeners = new CopyOnWriteArrayList<>();

    EquivocationReports(BlockTree tree) {
        this.tree = tree;
    }

    AutoCloseable watch(EquivocationListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Called by the consensus thread. */
    void report(Equivocation e) {
        LOG.log(
                Level.WARNING,
                "Validator "
                        + tree.validators(e.epoch())
                                .map(set -> set.get(e.validator()).id().toString())
                                .orElse("number " + e.validator())
                        + " of epoch " + e.epoch() + " contradicts itself: " + e.first() + " and "
                        + e.second());
        for (EquivocationListener listener : listeners) {
            try {
                listener.caught(e);
            } catch (RuntimeException broken) {
                LOG.log(Level.WARNING, "A listener failed on an equivocation", broken);
            }
        }
    }
}
