package online.hypermesh.api.asset;

import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/** The finalized assets as one node knows them. Thread-safe. */
public interface AssetRegistry {
    /**
     * Looks an asset up.
     *
     * @param id its id
     * @return the asset, if finalized
     */
    Optional<Asset> find(Digest id);

    /**
     * All finalized assets in the order of registration.
     *
     * @return a snapshot
     */
    List<Asset> list();
}
