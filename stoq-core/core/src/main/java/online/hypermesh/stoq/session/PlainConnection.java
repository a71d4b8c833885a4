package online.hypermesh.stoq.session;

import java.util.concurrent.ScheduledExecutorService;
import online.hypermesh.stoq.TransportLimits;

/** A connection of another protocol than {@code stoq/1}: established as soon as TLS is. Thread-safe. */
final class PlainConnection extends EngineConnection {
    private final String name;

    PlainConnection(
            String name, boolean dialed, TransportLimits limits, ScheduledExecutorService timer, Observers observers) {
        super(dialed, limits, timer, observers);
        this.name = name;
    }

    @Override
    String peerName() {
        return name;
    }

    @Override
    void heard() {}

    @Override
    boolean keeps(BufferedStream stream) {
        return false;
    }

    @Override
    void sayLeaving() {}

    @Override
    void ended() {}
}
