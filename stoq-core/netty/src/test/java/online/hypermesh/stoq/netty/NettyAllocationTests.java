package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.AllocationContract;

class NettyAllocationTests extends AllocationContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
