package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.CallContract;

class NettyCallTests extends CallContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
