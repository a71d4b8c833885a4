package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.MessengerContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Behind {@code -Dstoq.soak=N}: what it adds to the transport's contract is engine-independent, and half of it is bulk. */
@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class KwikMessengerTests extends MessengerContract {
    @Override
    protected TransportEngine engine() {
        return new KwikEngine();
    }
}
