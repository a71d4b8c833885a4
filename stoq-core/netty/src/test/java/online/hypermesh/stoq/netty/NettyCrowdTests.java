package online.hypermesh.stoq.netty;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.CrowdContract;

class NettyCrowdTests extends CrowdContract {
    @Override
    protected TransportEngine engine() {
        return new NettyEngine();
    }
}
