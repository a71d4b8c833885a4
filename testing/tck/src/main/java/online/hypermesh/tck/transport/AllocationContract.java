package online.hypermesh.tck.transport;

import static online.hypermesh.tck.transport.Parties.WAIT;
import static online.hypermesh.tck.transport.Parties.introduce;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * How much memory a small request costs, on both sides together, over any {@link TransportEngine}: the bytes that all threads
 * allocate while one thread asks and waits. {@code -Dallocation.requests=200000} measures longer.
 */
@Timeout(120)
public abstract class AllocationContract {
    private static final System.Logger LOG = System.getLogger(AllocationContract.class.getName());
    private static final int REQUESTS = Integer.getInteger("allocation.requests", 4000);
    private static final int BODY_BYTES = 64;

    /** For subclasses. */
    protected AllocationContract() {}

    /**
     * The engine under test.
     *
     * @return an engine that can run here
     */
    protected abstract TransportEngine engine();

    /**
     * Most bytes that a request may cost.
     *
     * @return bytes on the heap, both sides together
     */
    protected int maxBytesPerRequest() {
        return 4096;
    }

    @Test
    void aSmallRequestCostsLittleMemory() throws Exception {
        try (Parties parties = new Parties(engine())) {
            Parties.Node alice = parties.open();
            Parties.Node bob = parties.open();
            bob.messenger().serve(1, BODY_BYTES, false, (peer, body) -> body);
            introduce(alice, bob);
            ask(alice.messenger(), bob, REQUESTS / 2);
            long before = allocated();
            ask(alice.messenger(), bob, REQUESTS);
            long bytes = (allocated() - before) / REQUESTS;
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: {1} bytes allocated per request of {2} bytes, both sides together",
                    engine().name(),
                    bytes,
                    BODY_BYTES);
            assertThat(bytes).isBetween(1L, (long) maxBytesPerRequest());
        }
    }

    private static void ask(Messenger messenger, Parties.Node peer, int times) {
        byte[] body = new byte[BODY_BYTES];
        for (int i = 0; i < times; i++) {
            if (messenger.request(peer.party().id, 1, body, WAIT).length != BODY_BYTES) {
                throw new AssertionError("the echo has another length");
            }
        }
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }
}
