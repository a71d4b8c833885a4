package online.hypermesh.stoq.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.StoqException;
import org.junit.jupiter.api.Test;

class TransportEnginesTests {
    private record Fake(String name, Optional<String> unavailable) implements TransportEngine {
        @Override
        public RawEndpoint open(EngineConfig config, EngineListener listener) {
            throw new UnsupportedOperationException("not opened in this test");
        }
    }

    @Test
    void noEngineAtAllNamesTheArtifact() {
        StoqException failure = catchThrowableOfType(StoqException.class, TransportEngines::first);
        assertThat(failure.code()).isEqualTo(StoqException.Code.NO_ENGINE);
        assertThat(failure).hasMessageContaining("online.hypermesh:stoq-netty");
    }

    @Test
    void anEngineThatCannotRunIsPassedOver() {
        TransportEngine able = new Fake("able", Optional.empty());
        assertThat(TransportEngines.first(List.of(new Fake("unable", Optional.of("no native")), able)))
                .isSameAs(able);
        StoqException failure = catchThrowableOfType(
                StoqException.class,
                () -> TransportEngines.first(List.of(new Fake("unable", Optional.of("no native library")))));
        assertThat(failure).hasMessageContaining("unable: no native library");
    }
}
