package online.hypermesh.trustchain.api.names;

import java.time.Duration;

/** Finds what a name leads to. Thread-safe. */
@FunctionalInterface
public interface NameResolver {
    /**
     * Resolves a name; blocks up to the timeout.
     *
     * @param name the name; upper case and a final dot are tolerated
     * @param timeout longest wait
     * @return the answer, also when there is no such name
     * @throws online.hypermesh.trustchain.api.TrustchainException BAD_NAME, FOREIGN_NAME, UNREACHABLE, NOT_PROVEN
     */
    ResolutionResult resolve(String name, Duration timeout);
}
