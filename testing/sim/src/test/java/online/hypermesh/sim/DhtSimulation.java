package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.sim.dht.DhtScenarios;
import org.junit.jupiter.api.Test;

/** The hash table's scenarios, small; in full with {@code ./hypermesh sim dht}. */
class DhtSimulation {
    private static final int NODES = 300;

    @Test
    void staleTablesCostFarLessThanTheyCostPlainKademlia() {
        DhtScenarios.Searches plain = DhtScenarios.stale(NODES, 100, DhtSettings.Timing.PLAIN, 1);
        DhtScenarios.Searches own = DhtScenarios.stale(NODES, 100, DhtSettings.Timing.ADAPTIVE, 1);
        assertThat(own.found()).isEqualTo(1.0);
        assertThat(own.p95Millis() / plain.p95Millis()).isLessThan(0.6);
        assertThat(own.messages() / plain.messages()).isLessThan(2);
    }

    @Test
    void equalSeedsTellEqualStories() {
        String first = DhtScenarios.byzantine(200, 3, 7).traceHash();
        assertThat(DhtScenarios.byzantine(200, 3, 7).traceHash()).isEqualTo(first);
        assertThat(DhtScenarios.byzantine(200, 3, 8).traceHash()).isNotEqualTo(first);
    }

    @Test
    void recordsSurviveAnHourInWhichHalfTheNodesGo() {
        assertThat(DhtScenarios.churn(120, 5, 40, 1).success()).isGreaterThan(0.98);
    }

    @Test
    void recordsAreReadAmongLiars() {
        assertThat(DhtScenarios.byzantine(NODES, 8, 1).success()).isGreaterThan(0.99);
    }

    @Test
    void theCommandSaysHowItWent() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String[] args = {"dht", "--nodes", "200", "--searches", "20", "--only", "stale", "--json"};
        PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(SimCommand.run(args, to, to)).isLessThan(2);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("{\"sim\":\"dht\",")
                .contains("\"dht_p95_ratio\":");
        assertThat(SimCommand.run(new String[] {"dht", "--nodes", "few"}, to, to))
                .isEqualTo(64);
    }
}
