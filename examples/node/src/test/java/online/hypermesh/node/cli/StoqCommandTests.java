package online.hypermesh.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import online.hypermesh.node.stoq.TrialAddress;
import online.hypermesh.node.stoq.TrialNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class StoqCommandTests {
    private record Outcome(int code, String out, String err) {
        JsonNode json() throws Exception {
            return new ObjectMapper().readTree(out);
        }
    }

    private static Outcome run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = HypermeshCommand.commandLine();
        int code = line.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Outcome(code, out.toString(), err.toString());
    }

    private static TrialNode serve() throws Exception {
        return TrialNode.open(new InetSocketAddress(InetAddress.getByName("::1"), 0), TrialNode.freshNetwork());
    }

    @Test
    void anAddressReadsBackAsItWasPrinted() throws Exception {
        try (TrialNode node = serve()) {
            assertThat(TrialAddress.parse(node.address().toString())).isEqualTo(node.address());
        }
    }

    @Test
    void pingTimesEchoesAndSendIsConfirmed(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[300_000]);
        try (TrialNode node = serve()) {
            String target = node.address().toString();
            Outcome ping = run("stoq", "ping", target, "--count", "3", "--bytes", "65536", "--json");
            assertThat(ping.code()).as(ping.err()).isZero();
            assertThat(ping.json().path("node").asText()).isEqualTo(node.id().toString());
            assertThat(ping.json().path("echo_min_us").asDouble()).isPositive();

            Outcome send = run("stoq", "send", target, file.toString(), "--json");
            assertThat(send.code()).as(send.err()).isZero();
            assertThat(send.json().path("bytes").asLong()).isEqualTo(300_000);
            assertThat(send.json().path("confirmed").asBoolean()).isTrue();
        }
    }

    @Test
    void aNodeThatIsGoneOrAnotherOneIsAnErrorWithItsCode() throws Exception {
        String gone;
        try (TrialNode node = serve();
                TrialNode other = serve()) {
            gone = node.address().toString();
            String impostor = gone.replace(node.id().toString(), other.id().toString());
            Outcome wrong = run("stoq", "ping", impostor);
            assertThat(wrong.code()).isNotZero();
            assertThat(wrong.err()).contains("[WRONG_IDENTITY]");
        }
        Outcome silent = run("stoq", "ping", gone, "--timeout", "5");
        assertThat(silent.code()).isEqualTo(71);
        assertThat(silent.err()).contains("[UNREACHABLE]");
    }

    @Test
    void wrongUseEndsWithTwoAndSaysWhatIsTaken() {
        assertThat(run("stoq", "ping", "https://example.org").code()).isEqualTo(2);
        assertThat(run("stoq", "ping", "https://example.org").err()).contains("stoq://NODE@[IPV6]:PORT/NETWORK");
        assertThat(run("stoq").code()).isEqualTo(2);
    }
}
