package online.hypermesh.stoq;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Objects;

/** The reading direction of a stream as {@code java.io} and NIO see it. Confined to one reader. */
final class StreamInput extends InputStream implements ReadableByteChannel {
    private final ReceiveStream stream;
    private final Duration deadline;
    private boolean ended;
    private volatile boolean closed;

    StreamInput(ReceiveStream stream, Duration deadline) {
        this.stream = stream;
        this.deadline = deadline;
    }

    @Override
    public int read() throws StreamIoException, ClosedChannelException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws StreamIoException, ClosedChannelException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        return read(ByteBuffer.wrap(buffer, offset, length));
    }

    @Override
    public int read(ByteBuffer buffer) throws StreamIoException, ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (!buffer.hasRemaining()) {
            return 0;
        }
        try {
            int n = stream.read(buffer, deadline);
            ended = n < 0;
            return n;
        } catch (StoqException e) {
            throw new StreamIoException(e);
        }
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!ended) {
                stream.stopSending(0);
            }
        }
    }
}
