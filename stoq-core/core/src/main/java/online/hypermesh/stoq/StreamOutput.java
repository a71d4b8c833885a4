package online.hypermesh.stoq;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;

/** The writing direction of a stream as {@code java.io} and NIO see it. Confined to one writer. */
final class StreamOutput extends OutputStream implements WritableByteChannel {
    private final SendStream stream;
    private final Duration deadline;
    private volatile boolean closed;

    StreamOutput(SendStream stream, Duration deadline) {
        this.stream = stream;
        this.deadline = deadline;
    }

    @Override
    public void write(int value) throws StreamIoException, ClosedChannelException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws StreamIoException, ClosedChannelException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        write(ByteBuffer.wrap(bytes, offset, length));
    }

    @Override
    public int write(ByteBuffer bytes) throws StreamIoException, ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
        int length = bytes.remaining();
        try {
            stream.write(bytes, false, deadline);
        } catch (StoqException e) {
            throw new StreamIoException(e);
        }
        return length;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() throws StreamIoException {
        if (!closed) {
            closed = true;
            try {
                stream.finish(deadline);
            } catch (StoqException e) {
                throw new StreamIoException(e);
            }
        }
    }
}
