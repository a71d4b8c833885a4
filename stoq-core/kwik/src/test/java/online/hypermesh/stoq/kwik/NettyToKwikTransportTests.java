package online.hypermesh.stoq.kwik;

import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.spi.TransportEngine;
import online.hypermesh.tck.transport.TransportContract;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The whole contract between the two engines; {@link EnginePairTests} is its short form. */
@EnabledIfSystemProperty(named = "stoq.soak", matches = "\\d+")
class NettyToKwikTransportTests extends TransportContract {
    @Override
    protected TransportEngine engine() {
        return new PairedEngine(new KwikEngine(), new NettyEngine());
    }
}
