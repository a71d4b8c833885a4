package online.hypermesh.trustchain.verify;

import java.time.Duration;
import online.hypermesh.api.genesis.Genesis;

/**
 * How old finalized evidence may be to speak for the present; older evidence means that the quorum is unreachable.
 *
 * @param maxStapleAge of a stapled proof, longer than the network's heartbeat
 * @param maxOwnStateAge of this node's own finalized state, longer than the network's heartbeat
 */
public record FinalityLimits(Duration maxStapleAge, Duration maxOwnStateAge) {
    /**
     * Checks that both are positive.
     *
     * @param maxStapleAge of a staple
     * @param maxOwnStateAge of the own state
     */
    public FinalityLimits {
        if (maxStapleAge.isNegative() || maxStapleAge.isZero()) {
            throw new IllegalArgumentException("maxStapleAge must be positive, was " + maxStapleAge);
        }
        if (maxOwnStateAge.isNegative() || maxOwnStateAge.isZero()) {
            throw new IllegalArgumentException("maxOwnStateAge must be positive, was " + maxOwnStateAge);
        }
    }

    /**
     * Limits that suit a network: three heartbeats for the own state, ten for staples, at least one and five minutes.
     *
     * @param genesis the network
     * @return the limits
     */
    public static FinalityLimits of(Genesis genesis) {
        long heartbeat = genesis.parameters().heartbeatMillis();
        return new FinalityLimits(
                Duration.ofMillis(Math.max(300_000, 10 * heartbeat)),
                Duration.ofMillis(Math.max(60_000, 3 * heartbeat)));
    }
}
