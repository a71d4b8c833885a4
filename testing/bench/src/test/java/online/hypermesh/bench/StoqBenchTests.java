package online.hypermesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StoqBenchTests {
    @Test
    void aTinyRunMeasuresEveryKindOfMetricAndPrintsThemAsJson() throws Exception {
        Report report = new Report("stoq", Map.of("cores", 2));
        Set<String> wanted = Set.of("bulk_best_ratio", "rtt_netty_ratio", "request_alloc_bytes", "handshakes_per_s");
        new StoqBench(new Scale(1, 0, Duration.ZERO, 1 << 20, 20, Duration.ofMillis(50), 10), report)
                .run(wanted, step -> {});

        JsonNode json = new ObjectMapper().readTree(report.json());
        assertThat(json.path("bench").asText()).isEqualTo("stoq");
        assertThat(json.path("machine").path("cores").asInt()).isEqualTo(2);
        assertThat(json.path("metrics").fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(wanted);
        for (JsonNode metric : json.path("metrics")) {
            assertThat(metric.asDouble()).isPositive();
        }
        assertThat(json.path("baselines")
                        .path("raw_netty_defaults")
                        .path("datagram_bytes")
                        .asInt())
                .isEqualTo(1452);
    }
}
