package online.hypermesh.tck.transport;

import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.spi.TransportEngine;

class MemoryConnectionTests extends ConnectionContract {
    @Override
    protected TransportEngine engine() {
        return new MemoryNetwork().engine();
    }
}
