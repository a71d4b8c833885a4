package online.hypermesh.impl.consensus;

import java.util.Optional;
import java.util.function.Function;
import online.hypermesh.stoq.base.crypto.Signature;

/**
 * How a node's promises to hold batches are signed and those of others checked, in one epoch.
 *
 * @param signer signs for this validator; empty for a node that promises nothing
 * @param verifier checks promises
 */
public record Availability(Optional<Function<AvailabilityStatement, Signature>> signer, AvailabilityVerifier verifier) {
    /** Promises nothing and believes no promise. */
    public static final Availability NONE =
            new Availability(Optional.empty(), (validator, statement, signature) -> false);
}
