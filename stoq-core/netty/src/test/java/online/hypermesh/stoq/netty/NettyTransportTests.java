package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.TransportContract;

class NettyTransportTests extends TransportContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
