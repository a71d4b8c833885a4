package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.HelloContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikHelloTests extends HelloContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
