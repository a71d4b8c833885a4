package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.FaultyPathContract;

class NettyFaultyPathTests extends FaultyPathContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
