package online.hypermesh.stoq.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.MlKem768;
import online.hypermesh.stoq.base.error.Retry;

/**
 * What one side brings to the hello, as its offers say it. Immutable.
 *
 * @param protection what its engine proves about this connection
 * @param postQuantum its policy
 * @param encapsulationKey its fresh ML-KEM-768 key; empty if it has none
 * @param tickets whether it issues or takes tickets
 * @param ends whether it tells, and is told, ends of streams on the control stream
 */
record Terms(Protection protection, PostQuantum postQuantum, byte[] encapsulationKey, boolean tickets, boolean ends) {
    static final int PROTECTION = 1;
    static final int POST_QUANTUM = 2;
    static final int TICKETS = 3;
    static final int ENDS = 4;
    static final byte[] NO_KEY = new byte[0];

    /** What this node brings, before a key for the exchange is known. */
    static Terms own(Protection protection, PostQuantum postQuantum, boolean tickets) {
        return new Terms(protection, postQuantum, NO_KEY, tickets, true);
    }

    /** The same with a key for the exchange. */
    Terms withKey(byte[] key) {
        return new Terms(protection, postQuantum, key, tickets, ends);
    }

    /** The terms as offers. The policy is critical when it is not negotiable. */
    List<Offer> offers() {
        List<Offer> offers = new ArrayList<>(4);
        offers.add(new Offer(PROTECTION, false, new byte[] {(byte) numberOf(protection)}));
        byte[] wish = new byte[1 + encapsulationKey.length];
        wish[0] = (byte) numberOf(postQuantum);
        System.arraycopy(encapsulationKey, 0, wish, 1, encapsulationKey.length);
        offers.add(new Offer(POST_QUANTUM, postQuantum == PostQuantum.REQUIRED, wish));
        if (tickets) {
            offers.add(new Offer(TICKETS, false, new byte[0]));
        }
        if (ends) {
            offers.add(new Offer(ENDS, false, new byte[0]));
        }
        return offers;
    }

    /** What a peer's offers say. Unknown ones are passed over, unless they are critical. */
    static Terms of(List<Offer> offers) {
        Protection protection = Protection.CLASSICAL;
        PostQuantum postQuantum = PostQuantum.OFF;
        byte[] key = NO_KEY;
        boolean tickets = false;
        boolean ends = false;
        for (Offer offer : offers) {
            byte[] value = offer.value();
            switch (offer.id()) {
                case PROTECTION -> protection = protection(value);
                case POST_QUANTUM -> {
                    if (value.length != 1 && value.length != 1 + MlKem768.KEY_LENGTH) {
                        throw malformed(offer);
                    }
                    postQuantum = policy(offer);
                    key = value.length == 1 ? NO_KEY : Arrays.copyOfRange(value, 1, value.length);
                }
                case TICKETS -> {
                    requireEmpty(offer);
                    tickets = true;
                }
                case ENDS -> {
                    requireEmpty(offer);
                    ends = true;
                }
                default -> {
                    if (offer.critical()) {
                        throw new StoqException(
                                StoqException.Code.UNKNOWN_CAPABILITY,
                                Retry.NEVER,
                                "the peer insists on capability " + offer.id()
                                        + ", which this node does not have; it has " + PROTECTION + ".." + ENDS
                                        + "; update this node or turn the capability off at the peer");
                    }
                }
            }
        }
        return new Terms(protection, postQuantum, key, tickets, ends);
    }

    private static void requireEmpty(Offer offer) {
        if (offer.value().length != 0) {
            throw malformed(offer);
        }
    }

    private static StoqException malformed(Offer offer) {
        return HelloFrame.malformed(
                "capability " + offer.id() + " of the STOQ hello has a value of " + offer.value().length + " bytes"
                        + " that cannot be read",
                null);
    }

    private static int numberOf(Protection protection) {
        return switch (protection) {
            case IN_PROCESS -> 0;
            case CLASSICAL -> 1;
            case HYBRID -> 2;
        };
    }

    private static Protection protection(byte[] value) {
        if (value.length == 1) {
            switch (value[0]) {
                case 0:
                    return Protection.IN_PROCESS;
                case 1:
                    return Protection.CLASSICAL;
                case 2:
                    return Protection.HYBRID;
                default:
            }
        }
        throw malformed(new Offer(PROTECTION, false, value));
    }

    private static int numberOf(PostQuantum policy) {
        return switch (policy) {
            case OFF -> 0;
            case PREFERRED -> 1;
            case REQUIRED -> 2;
        };
    }

    private static PostQuantum policy(Offer offer) {
        return switch (offer.value()[0]) {
            case 0 -> PostQuantum.OFF;
            case 1 -> PostQuantum.PREFERRED;
            case 2 -> PostQuantum.REQUIRED;
            default -> throw malformed(offer);
        };
    }

    @Override
    public String toString() {
        return "Terms[" + protection + ", post-quantum " + postQuantum + (tickets ? ", tickets" : "")
                + (ends ? ", ends]" : "]");
    }
}
