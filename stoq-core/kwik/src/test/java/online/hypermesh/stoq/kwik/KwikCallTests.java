package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.CallContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikCallTests extends CallContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
