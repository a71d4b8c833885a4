package online.hypermesh.stoq.messaging;

import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.ServiceLimits;

/**
 * A service that is offered.
 *
 * @param number 1..65535
 * @param limits what it takes
 * @param messages whether it takes messages too
 * @param handling how it answers
 */
record Service(int number, ServiceLimits limits, boolean messages, Handling handling) {
    /** Whole bodies or streams. */
    sealed interface Handling {
        record Whole(RequestHandler handler) implements Handling {}

        record Streamed(ExchangeHandler handler) implements Handling {}
    }
}
