package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.FaultyPathContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Behind {@code -Dstoq.soak=N}: recovering from many losses takes the pure-Java engine its time. */
@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikFaultyPathTests extends FaultyPathContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
