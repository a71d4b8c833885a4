package online.hypermesh.stoq.messaging;

import online.hypermesh.stoq.RequestHandler;

/**
 * A service that is offered.
 *
 * @param number 1..65535
 * @param maxRequestBytes largest body
 * @param memberOnly whether membership alone suffices to ask
 * @param messages whether it takes messages too
 * @param handler answers
 */
record Service(int number, int maxRequestBytes, boolean memberOnly, boolean messages, RequestHandler handler) {}
