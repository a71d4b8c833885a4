package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.HelloContract;

class KwikHelloTests extends HelloContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
