package online.hypermesh.api.ledger;

import online.hypermesh.api.error.Verdict;

/**
 * Believes facts handed out by untrusted nodes when they are proven from the validators
 * of an epoch it knows. Thread-safe.
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

    /**
     * Checks that a header stands in the finalized chain, below another one.
     *
     * @param proof the proof
     * @return accepted, or the first failed check
     */
    Verdict verify(AncestorProof proof);

    /**
     * Checks an old receipt by its place in the chain: its own certificate, whose signers may be unknown here, is not
     * looked at.
     *
     * @param receipt the receipt
     * @param history shows the receipt's header as an ancestor
     * @return accepted, or the first failed check
     */
    Verdict verify(Receipt receipt, AncestorProof history);

    /**
     * Checks old receipts of a bundle by their place in the chain.
     *
     * @param receipt the receipts
     * @param history shows the receipts' header as an ancestor
     * @return accepted, or the first failed check
     */
    Verdict verify(BundleReceipt receipt, AncestorProof history);

    /**
     * Checks what the state was a while ago by its header's place in the chain.
     *
     * @param proof the proof
     * @param history shows the proof's header as an ancestor
     * @return accepted, or the first failed check
     */
    Verdict verify(StateProof proof, AncestorProof history);

    /**
     * Takes a later epoch's validators in. A hand-over of the newest epoch known needs its signatures only; one of a later
     * epoch needs, besides the quorum of its own validators, validators with more than two thirds of the stake of the newest
     * epoch known among its signers, so that it is as hard to forge as the hand-overs it skips.
     *
     * @param handOver the end of an epoch, of the newest one known or a later one
     * @return accepted; CHECKPOINT_TOO_OLD when what this client trusts is older than its trust period, NOT_FOUND when too
     *     much of the stake has changed to skip the epochs in between; else the first failed check
     */
    Verdict learn(HandOver handOver);

    /**
     * The newest epoch whose validators are known.
     *
     * @return at least 0
     */
    long newestEpoch();
}
