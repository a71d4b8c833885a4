package online.hypermesh.stoq.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.MlKem768;

/**
 * What the server selects of the client's offers. Immutable.
 *
 * @param ciphertext the ML-KEM-768 secret for the client's key, if streams are sealed
 * @param ticket a ticket, if one was asked for and issued
 */
record Selection(Optional<byte[]> ciphertext, Optional<HeldTickets.Given> ticket) {
    List<Offer> offers() {
        List<Offer> offers = new ArrayList<>(2);
        ciphertext.ifPresent(value -> offers.add(new Offer(Terms.POST_QUANTUM, true, value)));
        ticket.ifPresent(given -> offers.add(new Offer(Terms.TICKETS, false, given.encode())));
        return offers;
    }

    static Selection of(List<Offer> offers) {
        Optional<byte[]> ciphertext = Optional.empty();
        Optional<HeldTickets.Given> ticket = Optional.empty();
        for (Offer offer : offers) {
            switch (offer.id()) {
                case Terms.POST_QUANTUM -> {
                    if (offer.value().length != MlKem768.CIPHERTEXT_LENGTH) {
                        throw HelloFrame.malformed(
                                "the ciphertext of the STOQ hello has " + offer.value().length + " bytes, expected "
                                        + MlKem768.CIPHERTEXT_LENGTH,
                                null);
                    }
                    ciphertext = Optional.of(offer.value());
                }
                case Terms.TICKETS -> ticket = Optional.of(HeldTickets.Given.decode(offer.value()));
                default ->
                    throw ClientHandshake.failed(
                            "the server selected capability " + offer.id() + ", which was not offered to it");
            }
        }
        return new Selection(ciphertext, ticket);
    }

    @Override
    public String toString() {
        return "Selection[sealed " + ciphertext.isPresent() + ", ticket " + ticket.isPresent() + "]";
    }
}
