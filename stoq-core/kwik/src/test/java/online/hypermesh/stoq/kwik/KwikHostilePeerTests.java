package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.HostilePeerContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikHostilePeerTests extends HostilePeerContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
