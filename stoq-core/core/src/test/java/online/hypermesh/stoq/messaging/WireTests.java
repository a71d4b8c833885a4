package online.hypermesh.stoq.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class WireTests {
    private static final NodeId PEER = new NodeId(Digest.ZERO);

    @Test
    void aPeersFailureTextCannotSteerATerminalOrForgeALogLine() {
        String hostile = "no\u001b[2J\r\n\u0007\u009b1mroot\u202e\u2028end";
        StoqException failed = Wire.failed(PEER, 7, Wire.HANDLER_FAILED, failure("BAD\u001b[31m", hostile));
        assertThat(failed).hasMessageEndingWith("service 7: BAD?[31m: no?[2J????1mroot??end");
        assertThat(failed.remoteCode()).isEqualTo("BAD?[31m");
    }

    @Test
    void textInOtherScriptsStaysReadable() {
        StoqException failed = Wire.failed(PEER, 7, Wire.HANDLER_FAILED, failure("BUSY", "größer als 1 MiB… 🙂"));
        assertThat(failed).hasMessageEndingWith("BUSY: größer als 1 MiB… 🙂");
    }

    @Test
    void aPeersFailureTextIsCutLikeThisSidesOwn() {
        StoqException failed = Wire.failed(PEER, 7, Wire.HANDLER_FAILED, failure("C".repeat(200), "m".repeat(3000)));
        assertThat(failed.remoteCode()).hasSize(64);
        assertThat(failed.getMessage()).endsWith(": " + "m".repeat(1000)).doesNotContain("m".repeat(1001));
    }

    private static byte[] failure(String code, String message) {
        return new CborWriter(128)
                .array(3)
                .text(code)
                .uint(Retry.NEVER.ordinal())
                .text(message)
                .toBytes();
    }
}
