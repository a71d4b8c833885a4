package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.ToldEndsContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikToldEndsTests extends ToldEndsContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
