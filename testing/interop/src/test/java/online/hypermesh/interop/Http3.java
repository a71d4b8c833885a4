package online.hypermesh.interop;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.Stream;

/**
 * As much of HTTP/3 (RFC 9114) as it takes to move a body in each direction: the control stream with empty settings, and
 * header sections (RFC 9204) that need neither the dynamic table nor a decoder.
 */
final class Http3 {
    static final String ALPN = "h3";
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int CHUNK_BYTES = 16 * 1024;

    /** Required insert count and base, both zero. */
    private static final byte[] SECTION = {0, 0};

    /** Entry 25 of the static table: {@code :status: 200}. */
    private static final byte STATUS_200 = (byte) (0xc0 | 25);

    /** Entries 17 and 23 of the static table: {@code :method: GET} and {@code :scheme: https}. */
    private static final byte[] GET_HTTPS = {(byte) (0xc0 | 17), (byte) (0xc0 | 23)};

    private Http3() {}

    /** Opens the control stream, as each side must, and lets the peer's unidirectional streams run. */
    static void greet(QuicConnection connection) {
        connection.onUnidirectionalStream(stream -> {
            byte[] ignored = new byte[1024];
            Runnable[] again = new Runnable[1];
            again[0] = () -> {
                int n = stream.readNow(ignored, 0, ignored.length);
                while (n > 0) {
                    n = stream.readNow(ignored, 0, ignored.length);
                }
                if (n == 0) {
                    stream.onReadable(again[0]);
                }
            };
            again[0].run();
        });
        connection.openUnidirectional().offer(new byte[] {0, 4, 0}, 0, 3, false);
    }

    /** Reads a request to its end and gives its body. */
    static byte[] readMessage(Stream stream) throws IOException {
        return readMessage(new DataInputStream(stream.input(WAIT)));
    }

    private static byte[] readMessage(DataInputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean headers = false;
        for (long type = varint(in); type >= 0; type = varint(in)) {
            byte[] payload = in.readNBytes((int) varint(in));
            if (type == HEADERS) {
                headers = true;
            } else if (type == DATA) {
                body.write(payload);
            }
        }
        if (!headers) {
            throw new EOFException("a message without headers");
        }
        return body.toByteArray();
    }

    static void respond(Stream stream, byte[] body) {
        stream.write(frame(HEADERS, concat(SECTION, new byte[] {STATUS_200})), WAIT);
        writeBody(stream, body);
    }

    /** Asks for a path and gives the body of the answer. */
    static byte[] get(QuicConnection connection, String authority, String path) throws IOException {
        Stream stream = connection.open();
        byte[] fields = concat(SECTION, GET_HTTPS, literal((byte) 0x50, authority), literal((byte) 0x51, path));
        byte[] request = frame(HEADERS, fields);
        stream.write(request, 0, request.length, true, WAIT);
        return readMessage(stream);
    }

    private static void writeBody(Stream stream, byte[] body) {
        for (int at = 0; at < body.length; at += CHUNK_BYTES) {
            int length = Math.min(CHUNK_BYTES, body.length - at);
            byte[] chunk = new byte[length];
            System.arraycopy(body, at, chunk, 0, length);
            stream.write(frame(DATA, chunk), WAIT);
        }
        stream.finish(WAIT);
    }

    private static byte[] literal(byte nameReference, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length >= 127) {
            throw new IllegalArgumentException("a literal here has fewer than 127 bytes");
        }
        return concat(new byte[] {nameReference, (byte) bytes.length}, bytes);
    }

    private static byte[] frame(int type, byte[] payload) {
        int length = payload.length;
        return concat(
                new byte[] {
                    (byte) type,
                    (byte) (0x80 | length >>> 24),
                    (byte) (length >>> 16),
                    (byte) (length >>> 8),
                    (byte) length
                },
                payload);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** A variable-length integer, or -1 at the end of the stream. */
    private static long varint(InputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return -1;
        }
        long value = first & 0x3f;
        for (int left = (1 << (first >>> 6)) - 1; left > 0; left--) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("within a variable-length integer");
            }
            value = value << 8 | next;
        }
        return value;
    }
}
