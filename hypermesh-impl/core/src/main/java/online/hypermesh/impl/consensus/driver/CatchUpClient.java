package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ThreadPoolExecutor;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;

/** Asks peers for blocks that this node lacks, one at a time, and tells the consensus thread what they say. Thread-safe. */
final class CatchUpClient {
    private static final Logger LOG = System.getLogger(CatchUpClient.class.getName());
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Messenger messenger;
    private final Parameters parameters;
    private final Inbox inbox;
    private final ThreadPoolExecutor thread = WorkerThread.of("consensus-catch-up", 4);

    CatchUpClient(Messenger messenger, Parameters parameters, Inbox inbox) {
        this.messenger = messenger;
        this.parameters = parameters;
        this.inbox = inbox;
    }

    void ask(Action.CatchUp a) {
        thread.execute(() -> request(a));
    }

    private void request(Action.CatchUp a) {
        Event event;
        try {
            byte[] response = messenger.request(
                    a.peer(), ConsensusNode.CATCH_UP_SERVICE, CatchUpService.request(a.fromHeight()), TIMEOUT);
            event = new Event.CaughtUp(a.peer(), CatchUpService.decode(response, parameters));
        } catch (StoqException | CborException | IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "Catching up from " + a.peer().toShortString() + " failed", e);
            event = new Event.CatchUpFailed(a.peer());
        }
        inbox.answer(event);
    }

    void close() {
        thread.shutdownNow();
    }
}
