package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.MessengerContract;

class KwikMessengerTests extends MessengerContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
