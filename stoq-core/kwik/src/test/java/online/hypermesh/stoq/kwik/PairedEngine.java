package online.hypermesh.stoq.kwik;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;

/** Accepts with one engine and dials with another, so that every connection has both at its ends. */
record PairedEngine(TransportEngine accepting, TransportEngine dialing) implements TransportEngine {
    @Override
    public String name() {
        return dialing.name() + "-to-" + accepting.name();
    }

    @Override
    public Optional<String> unavailable() {
        return accepting.unavailable().or(dialing::unavailable);
    }

    @Override
    public RawEndpoint open(EngineConfig config, EngineListener listener) {
        RawEndpoint accepts = accepting.open(config, listener);
        EngineConfig anyPort = new EngineConfig(
                new InetSocketAddress(config.bind().getAddress(), 0),
                config.protocols(),
                config.identity(),
                config.sessions(),
                config.postQuantum(),
                config.limits(),
                config.insecureExport());
        RawEndpoint dials = dialing.open(anyPort, listener);
        return new RawEndpoint() {
            @Override
            public InetSocketAddress localAddress() {
                return accepts.localAddress();
            }

            @Override
            public RawConnection connect(
                    InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
                return dials.connect(remote, protocol, sink, deadline);
            }

            @Override
            public void close() {
                dials.close();
                accepts.close();
            }
        };
    }

    @Override
    public String toString() {
        return name();
    }
}
