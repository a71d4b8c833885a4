package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.HostilePeerContract;

class NettyHostilePeerTests extends HostilePeerContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
