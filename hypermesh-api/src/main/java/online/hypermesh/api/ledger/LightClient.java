package online.hypermesh.api.ledger;

import online.hypermesh.api.error.Verdict;

/**
 * Believes facts handed out by untrusted nodes when they are proven from the validator set. Thread-safe.
 */
public interface LightClient {
    /**
     * Checks that a transaction came to the stated outcome.
     *
     * @param receipt the proof
     * @return accepted, or the first failed check
     */
    Verdict verify(Receipt receipt);

    /**
     * Checks the receipts of a bundle.
     *
     * @param receipt the receipts
     * @return accepted, or the first failed check
     */
    Verdict verify(BundleReceipt receipt);

    /**
     * Checks that a key had the stated value, or was absent, in a finalized state.
     *
     * @param proof the proof
     * @return accepted, or the first failed check
     */
    Verdict verify(StateProof proof);
}
