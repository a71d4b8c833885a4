package online.hypermesh.stoq.kwik;

import java.util.AbstractList;
import tech.kwik.core.QuicClientConnection.StreamEarlyData;

/**
 * Early data that is always none, and tells when Kwik has begun a handshake. Kwik hands the ClientHello to another thread
 * and only then notes that a ServerHello may follow; one that arrives in between is acknowledged and thrown away, and the
 * handshake waits for it for good. What Kwik does next, on the thread that noted it, is to ask once more whether there is
 * early data. Confined to the thread that dials.
 */
final class NoEarlyData extends AbstractList<StreamEarlyData> {
    /** Before the handshake Kwik asks whether a ticket is needed and what to put into the ClientHello. */
    private static final int QUESTIONS_BEFORE = 2;

    private final Runnable begun;
    private int questions;

    /** @param begun what to do when the handshake has begun */
    NoEarlyData(Runnable begun) {
        this.begun = begun;
    }

    @Override
    public boolean isEmpty() {
        questions++;
        if (questions == QUESTIONS_BEFORE + 1) {
            begun.run();
        }
        return true;
    }

    @Override
    public int size() {
        return 0;
    }

    @Override
    public StreamEarlyData get(int index) {
        throw new IndexOutOfBoundsException("there is no early data, asked for item " + index);
    }
}
