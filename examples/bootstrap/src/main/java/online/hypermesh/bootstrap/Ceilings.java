package online.hypermesh.bootstrap;

import java.time.Duration;

/**
 * How long a start may take before an alarm says what is missing; each counts from the start of the machine. They move
 * nothing. Immutable.
 *
 * @param trust by when the node should be in Phase 1
 * @param partialFederation by when in Phase 2
 * @param fullFederation by when in Phase 3
 */
public record Ceilings(Duration trust, Duration partialFederation, Duration fullFederation) {
    /** 10 seconds, 30 seconds, 5 minutes. */
    public static final Ceilings DEFAULT =
            new Ceilings(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(5));

    /**
     * Checks that they are positive and ascend.
     *
     * @param trust Phase 1
     * @param partialFederation Phase 2, later
     * @param fullFederation Phase 3, later still
     */
    public Ceilings {
        if (trust.toMillis() < 1
                || partialFederation.toMillis() <= trust.toMillis()
                || fullFederation.toMillis() <= partialFederation.toMillis()) {
            throw new IllegalArgumentException("ceilings must be positive and ascend, were " + trust.toMillis()
                    + " ms, " + partialFederation.toMillis() + " ms, " + fullFederation.toMillis() + " ms");
        }
    }

    long untilMillis(Transition transition) {
        Duration ceiling = switch (transition) {
            case TO_TRUST -> trust;
            case TO_PARTIAL_FEDERATION -> partialFederation;
            case TO_FULL_FEDERATION -> fullFederation;
        };
        return ceiling.toMillis();
    }

    long windowMillis(Transition transition) {
        int index = transition.ordinal();
        return untilMillis(transition) - (index == 0 ? 0 : untilMillis(Transition.values()[index - 1]));
    }
}
