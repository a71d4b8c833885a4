package online.hypermesh.trustchain.api.names;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.StateProof;

/**
 * What a name leads to, and how that is known. "No such name" is a result, not a failure. Immutable.
 *
 * @param name the name in canonical form
 * @param found whether the name exists
 * @param addresses where it leads; empty when it does not exist
 * @param texts what it says; empty from traditional sources
 * @param ttlSeconds how long the answer may be kept
 * @param source where the answer came from
 * @param proof the proof of presence or absence, for answers from the ledger
 */
public record ResolutionResult(
        String name,
        boolean found,
        List<ServiceAddress> addresses,
        List<String> texts,
        int ttlSeconds,
        NameSource source,
        Optional<StateProof> proof) {
    /**
     * Copies the lists.
     *
     * @param name the name
     * @param found whether it exists
     * @param addresses where it leads
     * @param texts what it says
     * @param ttlSeconds time to live
     * @param source where from
     * @param proof from the ledger
     */
    public ResolutionResult {
        addresses = List.copyOf(addresses);
        texts = List.copyOf(texts);
    }
}
