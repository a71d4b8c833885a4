package online.hypermesh.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** {@code kdig +quic} against a responder for DNS over QUIC (RFC 9250) that stands on a plain protocol of STOQ. */
@Timeout(60)
class DnsOverQuicTests {
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final String ADDRESS = "2001:db8::53";

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    private Path folder;

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private Transport serve(TransportLimits limits) {
        return new Node()
                .open(
                        limits,
                        "doq",
                        connection -> connection.onStream(stream -> threads.execute(() -> answer(stream))));
    }

    /** One query and one answer, each with its length in front, on a stream of their own. */
    private static void answer(Stream stream) {
        try {
            int length = Short.toUnsignedInt(
                    ByteBuffer.wrap(stream.readExactly(2, WAIT)).getShort());
            Message query = new Message(stream.readExactly(length, WAIT));
            Message reply = new Message(query.getHeader().getID());
            reply.getHeader().setFlag(Flags.QR);
            Record question = query.getQuestion();
            reply.addRecord(question, Section.QUESTION);
            reply.addRecord(
                    new AAAARecord(question.getName(), DClass.IN, 60, InetAddress.getByName(ADDRESS)), Section.ANSWER);
            byte[] wire = reply.toWire();
            byte[] framed = ByteBuffer.allocate(2 + wire.length)
                    .putShort((short) wire.length)
                    .put(wire)
                    .array();
            stream.write(framed, 0, framed.length, true, WAIT);
        } catch (IOException e) {
            stream.reset(2);
        }
    }

    private String ask(Transport server, String name) throws InterruptedException {
        try (ForeignProgram.Running kdig = ForeignProgram.KDIG.start(
                folder,
                "+quic",
                "@::1",
                "-p",
                Integer.toString(server.localAddress().getPort()),
                name,
                "AAAA")) {
            return kdig.finish();
        }
    }

    @Test
    void kdigIsAnswered() throws Exception {
        ForeignProgram.KDIG.require();
        try (Transport server = serve(TransportLimits.DEFAULT)) {
            assertThat(ask(server, "stoq.example."))
                    .contains("QUIC session (QUICv1)")
                    .contains("status: NOERROR")
                    .containsPattern("stoq\\.example\\.\\s+60\\s+IN\\s+AAAA\\s+" + ADDRESS);
        }
    }

    @Test
    void kdigIsSentARetryAndAnswered() throws Exception {
        ForeignProgram.KDIG.require();
        try (Transport server = serve(
                TransportLimits.DEFAULT.toBuilder().retryAboveHandshakes(0).build())) {
            assertThat(ask(server, "retry.example.")).contains(ADDRESS);
        }
    }
}
