package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.ToldEndsContract;

class NettyToldEndsTests extends ToldEndsContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
