package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.HelloContract;

class NettyHelloTests extends HelloContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
