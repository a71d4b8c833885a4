package online.hypermesh.tck.transport;

import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.spi.TransportEngine;

class MemoryToldEndsTests extends ToldEndsContract {
    @Override
    protected TransportEngine engine() {
        return new MemoryNetwork().engine();
    }
}
