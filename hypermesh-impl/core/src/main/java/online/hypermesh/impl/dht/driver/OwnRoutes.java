package online.hypermesh.impl.dht.driver;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.impl.dht.Contact;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Addresses that the table taught the messenger. Hearsay never replaces an address that somebody else set, so that nobody can
 * lead consensus astray with a contact. Thread-safe.
 */
final class OwnRoutes {
    private static final int MAX_ROUTES = 8192;

    private final Messenger messenger;
    private final Map<NodeId, NodeAddress> taught = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<NodeId, NodeAddress> eldest) {
            return size() > MAX_ROUTES;
        }
    };

    OwnRoutes(Messenger messenger) {
        this.messenger = messenger;
    }

    synchronized void teach(Contact contact) {
        NodeAddress wanted = contact.address();
        Optional<NodeAddress> present =
                messenger.routeTo(contact.id()).map(Endpoint::address).map(NodeAddress::of);
        NodeAddress ours = taught.get(contact.id());
        boolean free = present.isEmpty() || present.get().equals(ours);
        if (free && !present.filter(wanted::equals).isPresent()) {
            messenger.route(new Endpoint(wanted.toSocketAddress(), contact.id()));
            taught.put(contact.id(), wanted);
        }
    }
}
