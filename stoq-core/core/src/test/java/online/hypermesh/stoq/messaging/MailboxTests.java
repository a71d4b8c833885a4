package online.hypermesh.stoq.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class MailboxTests {
    private static final SigningKey KEY = SigningKey.generate(new SecureRandom());
    private static final PeerIdentity PEER =
            new PeerIdentity(NodeId.of(KEY.verifyKey()), KEY.verifyKey(), List.of(), Standing.FULL);

    private final ArrayDeque<Runnable> turns = new ArrayDeque<>();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
    private final Mailbox mailbox = new Mailbox(turns::add, nanos::get, () -> {});
    private final List<Integer> handled = new ArrayList<>();

    private void fill(int messages, RequestHandler handler) {
        for (int i = 0; i < messages; i++) {
            assertThat(mailbox.add(PEER, 1, handler, new byte[] {(byte) i})).isTrue();
        }
    }

    @Test
    void aTurnEndsAfterSoManyMessagesAndTheRestFollowsInOrder() {
        fill(100, (peer, body) -> {
            handled.add(body[0] & 0xff);
            return body;
        });
        assertThat(turns).hasSize(1);
        turns.remove().run();
        assertThat(handled).hasSize(Mailbox.TURN_MESSAGES);
        turns.remove().run();
        assertThat(handled).hasSize(100).isSorted();
        assertThat(turns).isEmpty();
    }

    @Test
    void aTurnOfSlowMessagesEndsAfterItsTime() {
        fill(100, (peer, body) -> {
            nanos.addAndGet(Mailbox.TURN_NANOS / 2);
            handled.add(body[0] & 0xff);
            return body;
        });
        turns.remove().run();
        assertThat(handled).as("not 64 slow ones in one turn").hasSize(2);
        turns.remove().run();
        assertThat(handled).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aHandlerThatFailsLosesOneMessage() {
        fill(3, (peer, body) -> {
            if (body[0] == 1) {
                throw new IllegalStateException("planted");
            }
            handled.add(body[0] & 0xff);
            return body;
        });
        turns.remove().run();
        assertThat(handled).containsExactly(0, 2);
    }

    @Test
    void messagesBeyondTheBoundsAreDropped() {
        fill(4096, (peer, body) -> body);
        assertThat(mailbox.add(PEER, 1, (peer, body) -> body, new byte[1])).isFalse();
        turns.remove().run();
        assertThat(mailbox.add(PEER, 1, (peer, body) -> body, new byte[32 << 20]))
                .isFalse();
    }
}
