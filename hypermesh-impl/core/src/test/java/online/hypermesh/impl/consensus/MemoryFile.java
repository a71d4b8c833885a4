package online.hypermesh.impl.consensus;

import java.io.IOException;
import java.util.Arrays;

/** An append file in memory, which can be told to fail. */
final class MemoryFile implements AppendFile {
    byte[] bytes = new byte[0];
    int forced;
    boolean failing;

    private void mayFail() throws IOException {
        if (failing) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public byte[] read() {
        return bytes.clone();
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public void append(byte[] more) throws IOException {
        mayFail();
        int at = bytes.length;
        bytes = Arrays.copyOf(bytes, at + more.length);
        System.arraycopy(more, 0, bytes, at, more.length);
    }

    @Override
    public void force() throws IOException {
        mayFail();
        forced++;
    }

    @Override
    public void replace(byte[] content) throws IOException {
        mayFail();
        bytes = content.clone();
        forced++;
    }

    @Override
    public void close() {}
}
