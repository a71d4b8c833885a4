package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A stream whose bytes a test delivers piece by piece. Confined. */
final class ScriptedStream implements Stream {
    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
    private int offset;
    private boolean ended;
    private boolean failed;
    private long resetCode = -1;
    private long offered;
    private boolean finished;
    private @Nullable Runnable onReadable;

    /** Bytes arrive; whoever waits for them runs. */
    void deliver(byte[] bytes) {
        if (bytes.length > 0) {
            pieces.add(bytes);
        }
        wake();
    }

    void end() {
        ended = true;
        wake();
    }

    void fail() {
        failed = true;
        pieces.clear();
        wake();
    }

    private void wake() {
        Runnable action = onReadable;
        onReadable = null;
        if (action != null) {
            action.run();
        }
    }

    long resetCode() {
        return resetCode;
    }

    long offered() {
        return offered;
    }

    boolean finished() {
        return finished;
    }

    @Override
    public long id() {
        return 0;
    }

    @Override
    public QuicConnection connection() {
        throw new UnsupportedOperationException("a script has no connection");
    }

    @Override
    public int read(byte[] buffer, int at, int length, Duration deadline) {
        int n = readNow(buffer, at, length);
        if (n == 0) {
            throw new StoqException(StoqException.Code.TIMEOUT, Retry.WHOLE_OPERATION, "the script is over");
        }
        return n;
    }

    @Override
    public int readNow(byte[] buffer, int at, int length) {
        if (length < 1 || at < 0 || at > buffer.length - length) {
            throw new IllegalArgumentException("no room to read");
        }
        if (failed || resetCode >= 0) {
            throw new StoqException(StoqException.Code.STREAM_RESET, Retry.WHOLE_OPERATION, "reset");
        }
        byte[] head = pieces.peek();
        if (head == null) {
            return ended ? -1 : 0;
        }
        int n = Math.min(length, head.length - offset);
        System.arraycopy(head, offset, buffer, at, n);
        offset += n;
        if (offset == head.length) {
            pieces.remove();
            offset = 0;
        }
        return n;
    }

    @Override
    public void onReadable(Runnable action) {
        if (!pieces.isEmpty() || ended || failed || resetCode >= 0) {
            action.run();
        } else {
            onReadable = action;
        }
    }

    @Override
    public void write(byte[] bytes, int at, int length, boolean last, Duration deadline) {
        offer(bytes, at, length, last);
    }

    @Override
    public boolean offer(byte[] bytes, int at, int length, boolean last) {
        if (failed || resetCode >= 0) {
            throw new StoqException(StoqException.Code.STREAM_STOPPED, Retry.WHOLE_OPERATION, "stopped");
        }
        if (finished) {
            throw new IllegalStateException("finished; nothing can follow");
        }
        offered += length;
        finished = last;
        return true;
    }

    @Override
    public void onWritable(Runnable action) {
        action.run();
    }

    @Override
    public void onReset(Consumer<StoqException> action) {
        // whoever reads meets the failure
    }

    @Override
    public void onStopped(Consumer<StoqException> action) {
        // a script is never stopped
    }

    @Override
    public CompletableFuture<Void> send(byte[] bytes, boolean last) {
        offer(bytes, 0, bytes.length, last);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void resetSending(long code) {
        reset(code);
    }

    @Override
    public void stopSending(long code) {
        reset(code);
    }

    @Override
    public void reset(long code) {
        if (resetCode < 0) {
            resetCode = code;
            pieces.clear();
            wake();
        }
    }
}
