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

    private record Native(String name, Optional<String> unavailable) implements TransportEngine {
        @Override
        public boolean usesNativeCode() {
            return true;
        }

        @Override
        public RawEndpoint open(EngineConfig config, EngineListener listener) {
            throw new UnsupportedOperationException("not opened in this test");
        }
    }

    @Test
    void theNativeEngineGoesBeforeThePureJavaOneWhereItLoads() {
        TransportEngine pure = new Fake("pure", Optional.empty());
        TransportEngine able = new Native("able", Optional.empty());
        TransportEngine unable = new Native("unable", Optional.of("no native library"));
        assertThat(TransportEngines.first(List.of(pure, unable, able))).isSameAs(able);
        assertThat(TransportEngines.first(List.of(unable, pure))).isSameAs(pure);
    }

    @Test
    void anEngineIsFoundByItsName() {
        TransportEngine pure = new Fake("pure", Optional.empty());
        TransportEngine able = new Native("able", Optional.empty());
        assertThat(TransportEngines.named(List.of(able, pure), "pure")).isSameAs(pure);
        assertThat(catchThrowableOfType(
                        StoqException.class, () -> TransportEngines.named(List.of(able, pure), "other")))
                .hasMessageContaining("'other'")
                .hasMessageContaining("able, pure");
        assertThat(catchThrowableOfType(
                        StoqException.class,
                        () -> TransportEngines.named(
                                List.of(new Native("unable", Optional.of("no library"))), "unable")))
                .hasMessageContaining("unable: no library");
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
