package online.hypermesh.tck.transport;

import static online.hypermesh.tck.transport.Parties.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a {@link Messenger} makes of a path that changes below it, over any {@link TransportEngine} that uses sockets. */
@Timeout(120)
public abstract class PathChangeContract {
    private static final int ECHO = 7;

    /** For subclasses. */
    protected PathChangeContract() {}

    /**
     * The engine under test.
     *
     * @return an engine that can run here and that sends UDP
     */
    protected abstract TransportEngine engine();

    @Test
    void aNatThatForgetsThePathIsHiddenFromRepeatableRequests() throws Exception {
        try (Parties parties = new Parties(engine())) {
            Parties.Node alice = parties.open();
            Parties.Node bob = parties.open();
            bob.messenger().serve(ECHO, 1000, false, (peer, body) -> body);
            try (FaultyPath path = FaultyPath.to(bob.transport().localAddress(), PathFaults.NONE, 1)) {
                alice.messenger().route(new Endpoint(path.address(), bob.party().id));
                RequestOptions repeatable = RequestOptions.within(WAIT).repeatable();
                assertThat(alice.messenger().request(bob.party().id, ECHO, new byte[1], repeatable))
                        .hasSize(1);
                for (int round = 0; round < 2; round++) {
                    List<Integer> before = path.ports();
                    path.rebind();
                    assertThat(path.ports()).as("the path did change").doesNotContainAnyElementsOf(before);
                    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
                    for (int i = 0; i < 10; i++) {
                        answers.add(alice.messenger().ask(bob.party().id, ECHO, new byte[500], repeatable));
                    }
                    for (CompletableFuture<byte[]> answer : answers) {
                        assertThat(answer.get(60, TimeUnit.SECONDS)).hasSize(500);
                    }
                }
            }
        }
    }
}
