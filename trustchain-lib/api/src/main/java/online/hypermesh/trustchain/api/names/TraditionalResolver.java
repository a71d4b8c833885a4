package online.hypermesh.trustchain.api.names;

import java.time.Duration;
import java.util.List;

/** The traditional name system. Thread-safe. */
@FunctionalInterface
public interface TraditionalResolver {
    /** A system that is not there. */
    TraditionalResolver NONE = (name, timeout) -> {
        throw new online.hypermesh.trustchain.api.TrustchainException(
                online.hypermesh.trustchain.api.TrustchainException.Code.UNREACHABLE,
                online.hypermesh.stoq.base.error.Retry.NEVER,
                "No traditional name server is configured, so " + name + " cannot be looked up there");
    };

    /**
     * Looks up the IPv6 addresses of a name.
     *
     * @param name in canonical form
     * @param timeout longest wait
     * @return the answer, also when there is no such name
     * @throws online.hypermesh.trustchain.api.TrustchainException UNREACHABLE when no server answered
     */
    Answer lookup(String name, Duration timeout);

    /**
     * An answer.
     *
     * @param found whether the name exists
     * @param addresses its addresses with port 0; possibly empty
     * @param ttlSeconds how long the answer may be kept
     */
    record Answer(boolean found, List<ServiceAddress> addresses, int ttlSeconds) {
        /**
         * Copies the list.
         *
         * @param found whether the name exists
         * @param addresses its addresses
         * @param ttlSeconds time to live
         */
        public Answer {
            addresses = List.copyOf(addresses);
        }
    }
}
