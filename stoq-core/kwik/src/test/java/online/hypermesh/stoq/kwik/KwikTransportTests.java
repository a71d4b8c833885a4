package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.TransportContract;

class KwikTransportTests extends TransportContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
