package online.hypermesh.stoq.messaging;

import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.Transport;

/** Makes messengers. Thread-safe. */
public final class Messengers {
    private Messengers() {}

    /**
     * A messenger over a transport, whose inbound connections it takes over.
     *
     * @param transport closed with the messenger
     * @return the messenger, without services and routes
     */
    public static Messenger over(Transport transport) {
        return over(transport, MessengerConfig.DEFAULT);
    }

    /**
     * A messenger over a transport, whose inbound connections it takes over.
     *
     * @param transport closed with the messenger
     * @param config how it works
     * @return the messenger, without services and routes
     */
    public static Messenger over(Transport transport, MessengerConfig config) {
        return new ConnectionMessenger(transport, config);
    }
}
