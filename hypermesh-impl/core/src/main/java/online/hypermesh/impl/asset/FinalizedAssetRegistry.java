package online.hypermesh.impl.asset;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.asset.AssetRegistry;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateEntries;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The finalized assets on the heap, some 2 KB each, fed by a ledger from its first block on, or from the state it begins with.
 * Thread-safe.
 */
public final class FinalizedAssetRegistry implements AssetRegistry, Ledger.Listener {
    private record Name(NodeId owner, String label) {}

    private final Map<Digest, Asset> assets = new LinkedHashMap<>();
    private final Map<Name, Digest> newest = new LinkedHashMap<>();

    /**
     * Creates a registry and feeds it.
     *
     * @param ledger where finalized blocks come from
     * @return the registry together with its subscription
     */
    public static Fed fedBy(Ledger ledger) {
        FinalizedAssetRegistry registry = new FinalizedAssetRegistry();
        return new Fed(registry, ledger.subscribe(1, registry));
    }

    /**
     * A registry and what feeds it.
     *
     * @param registry the registry
     * @param subscription closing it stops the feeding
     */
    public record Fed(FinalizedAssetRegistry registry, AutoCloseable subscription) {}

    /** Takes the records of the state: by height, and of one height by id. */
    @Override
    public synchronized boolean begins(long height, StateEntries state) {
        List<Asset> recorded = new ArrayList<>();
        Set<Digest> underLabels = new HashSet<>();
        state.forEach(AssetModule.NAME, (key, value) -> {
            if (AssetModule.isLabelKey(key)) {
                underLabels.add(Digest.of(value));
            } else {
                recorded.add(AssetModule.decode(value));
            }
        });
        recorded.sort(Comparator.comparingLong(Asset::height).thenComparing(Asset::id));
        recorded.forEach(this::add);
        recorded.stream().filter(a -> underLabels.contains(a.id())).forEach(this::add);
        return true;
    }

    @Override
    public synchronized void finalized(FinalizedBlock block, List<Outcome> outcomes) {
        List<Transaction> transactions = block.block().transactions();
        for (int i = 0; i < transactions.size(); i++) {
            Transaction transaction = transactions.get(i);
            if (transaction.module().equals(AssetModule.NAME) && outcomes.get(i) instanceof Outcome.Applied) {
                add(AssetModule.asset(
                        AssetRegistration.decode(transaction.payload()),
                        transaction.id(),
                        transaction.senderId(),
                        block.block().header().height()));
            }
        }
    }

    @Override
    public synchronized Optional<Asset> find(Digest id) {
        return Optional.ofNullable(assets.get(id));
    }

    @Override
    public synchronized List<Asset> list() {
        return List.copyOf(assets.values());
    }

    /**
     * The newest asset of an owner under a label.
     *
     * @param owner who registered it
     * @param label its public name
     * @return the asset, if there is one
     */
    public synchronized Optional<Asset> newest(NodeId owner, String label) {
        return Optional.ofNullable(newest.get(new Name(owner, label))).map(assets::get);
    }

    private void add(Asset asset) {
        assets.putIfAbsent(asset.id(), asset);
        newest.put(new Name(asset.owner(), asset.label()), asset.id());
    }
}
