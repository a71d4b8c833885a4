package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.asset.AssetRegistry;
import online.hypermesh.impl.content.exchange.PackExchange;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.CodedException;

/**
 * Fetches what this node lacks of the registered content: after it was away, after it lost its data, and for what it missed
 * when a pack was handed round. Thread-safe.
 */
final class ContentRepair {
    private static final Logger LOG = System.getLogger(ContentRepair.class.getName());
    private static final long SWEEP_MILLIS = 5_000;

    private final PackExchange exchange;
    private final AssetRegistry assets;
    private final Executor workers;
    private final Clock clock;
    private final Set<Digest> complete = new HashSet<>();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile long nextMillis;

    ContentRepair(PackExchange exchange, AssetRegistry assets, Executor workers, Clock clock) {
        this.exchange = exchange;
        this.assets = assets;
        this.workers = workers;
        this.clock = clock;
        this.nextMillis = clock.millis() + SWEEP_MILLIS;
    }

    /** Sweeps when it is time and nothing speaks against it; returns at once. */
    void pursue(boolean possible) {
        if (!possible || clock.millis() < nextMillis || !sweeping.compareAndSet(false, true)) {
            return;
        }
        try {
            workers.execute(this::sweep);
        } catch (RejectedExecutionException e) {
            sweeping.set(false); // busy: next time
        }
    }

    /** Peers came back: look again at once. */
    void again() {
        nextMillis = 0;
    }

    private void sweep() {
        try {
            for (Asset asset : assets.list()) {
                if (complete.contains(asset.id())) {
                    continue;
                }
                int fetched = exchange.repair(asset);
                complete.add(asset.id());
                if (fetched > 0) {
                    LOG.log(
                            Level.INFO,
                            "fetched {0} missing packs of asset {1}",
                            fetched,
                            asset.id().toShortHex());
                }
            }
        } catch (CodedException e) {
            LOG.log(Level.INFO, "content not complete yet: {0}", e.getMessage());
        } finally {
            nextMillis = clock.millis() + SWEEP_MILLIS;
            sweeping.set(false);
        }
    }
}
