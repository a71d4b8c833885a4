package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.MessengerContract;

class NettyMessengerTests extends MessengerContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
