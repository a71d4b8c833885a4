package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.ConnectionContract;

class NettyConnectionTests extends ConnectionContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
