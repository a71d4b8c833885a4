package online.hypermesh.bench;

/** A client and a server on the loopback, connected. The measuring thread asks for load; the server confirms every byte. */
interface Link extends AutoCloseable {
    /** First byte of a stream whose bytes are counted; the count comes back in eight bytes. */
    byte UPLOAD = 'U';

    /** First byte of a stream whose bytes come back. */
    byte REQUEST = 'R';

    int REQUEST_BYTES = 64;

    int CHUNK_BYTES = 64 * 1024;

    /** Longest wait for anything in a turn. */
    long PATIENCE_SECONDS = 60;

    /** Sends so many bytes from the client's streams at once, until the server has confirmed them all. */
    void upload(int streams, long bytesPerStream);

    /** One request of 64 bytes after the other, each on a stream of its own; how long each took goes to the array. */
    void requests(long[] nanos);

    @Override
    void close();

    static byte[] chunk() {
        byte[] chunk = new byte[CHUNK_BYTES];
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = (byte) (i * 31);
        }
        chunk[0] = UPLOAD;
        return chunk;
    }

    static byte[] request() {
        byte[] request = new byte[REQUEST_BYTES];
        request[0] = REQUEST;
        return request;
    }
}
