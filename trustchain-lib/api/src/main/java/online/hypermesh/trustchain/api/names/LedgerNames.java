package online.hypermesh.trustchain.api.names;

import java.time.Duration;
import online.hypermesh.api.ledger.StateProof;

/** The way to the network's names: this node's own ledger, or another node. Thread-safe. */
@FunctionalInterface
public interface LedgerNames {
    /**
     * Asks for a name.
     *
     * @param name in canonical form
     * @param timeout longest wait
     * @return the proof of the name's record or of its absence
     * @throws online.hypermesh.trustchain.api.TrustchainException UNREACHABLE
     */
    Answer lookup(String name, Duration timeout);

    /**
     * An answer.
     *
     * @param proof of presence or absence; its own claims are not trusted unless {@code own}
     * @param own whether this node's own ledger made the proof, so that it needs no checking
     */
    record Answer(StateProof proof, boolean own) {}
}
