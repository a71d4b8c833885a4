package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.PathChangeContract;

class NettyPathChangeTests extends PathChangeContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
