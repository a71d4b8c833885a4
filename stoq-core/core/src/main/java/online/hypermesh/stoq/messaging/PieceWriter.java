package online.hypermesh.stoq.messaging;

import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import org.jspecify.annotations.Nullable;

/** Writes a head and a body to a stream, in pieces as fast as the stream takes them, without waiting. Confined. */
final class PieceWriter implements Runnable {
    private static final int PIECE_BYTES = 64 * 1024;

    private final Stream stream;
    private final byte[] head;
    private final byte[] body;
    private final boolean last;
    private final Consumer<@Nullable StoqException> done;
    private boolean headWritten;
    private int written;

    /**
     * @param last whether the stream's direction ends with the body
     * @param done told once: with null after the last byte, or with the failure
     */
    PieceWriter(Stream stream, byte[] head, byte[] body, boolean last, Consumer<@Nullable StoqException> done) {
        this.stream = stream;
        this.head = head;
        this.body = body;
        this.last = last;
        this.done = done;
    }

    @Override
    public void run() {
        try {
            if (!headWritten) {
                if (!stream.offer(head, 0, head.length, last && body.length == 0)) {
                    stream.onWritable(this);
                    return;
                }
                headWritten = true;
            }
            while (written < body.length) {
                int piece = Math.min(PIECE_BYTES, body.length - written);
                if (!stream.offer(body, written, piece, last && written + piece == body.length)) {
                    stream.onWritable(this);
                    return;
                }
                written += piece;
            }
        } catch (StoqException e) {
            done.accept(e);
            return;
        }
        done.accept(null);
    }
}
