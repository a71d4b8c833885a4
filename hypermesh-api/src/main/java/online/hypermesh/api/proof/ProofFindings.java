package online.hypermesh.api.proof;

import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What an accepted bundle shows. Nothing here is vote weight, and the numbers are never multiplied into one.
 *
 * @param context what the bundle was for
 * @param stake units of stake the anchor proves, if a stake proof was given; else 0
 * @param spaceBytes length of the replica whose leaves were opened, if a space proof was given; else 0
 * @param workCost metered cost of the execution, if a receipt was given; else 0
 * @param attesters distinct parties besides the subject that ran the program
 * @param claimedMillis the claimed time, if a time proof was given; else 0
 * @param timeSources distinct sources that back the claimed time
 * @param randomOutput the verifiable random output for the beacon, if given
 */
public record ProofFindings(
        ProofContext context,
        long stake,
        long spaceBytes,
        long workCost,
        int attesters,
        long claimedMillis,
        int timeSources,
        Optional<Digest> randomOutput) {}
