package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** Bytes of requests, responses and messages, {@code docs/spec/stoq.md}. */
final class Wire {
    /** First byte of a stream that carries one request. */
    static final byte REQUEST = 1;

    /** First byte of a stream that carries one-way messages. */
    static final byte MESSAGES = 2;

    static final byte[] NOTHING = {};

    /** Of a message: service in two bytes, length in four. */
    static final int MESSAGE_HEAD_BYTES = 6;

    /** Of a request: service in two bytes, milliseconds to the deadline in four, length in four. */
    static final int REQUEST_HEAD_BYTES = 10;

    /** Length of a body that comes in chunks. */
    static final int IN_CHUNKS = -1;

    /** Length in four bytes: 0 ends the body, below 0 a failure of so many bytes ends it. */
    static final int CHUNK_HEAD_BYTES = 4;

    static final int MAX_CHUNK_BYTES = 64 * 1024;

    /** Status in one byte, length in four. */
    static final int RESPONSE_HEAD_BYTES = 5;

    static final byte OK = 0;
    /** The handler failed with a code of its own. */
    static final byte HANDLER_FAILED = 1;
    /** The messenger did not hand the request to a handler. */
    static final byte NOT_HANDLED = 2;
    /** The answer follows in chunks. */
    static final byte CHUNKS = 3;

    static final int MAX_SERVICE = 0xffff;
    static final int MAX_FAILURE_BYTES = 4096;
    static final long RESET_GIVEN_UP = 1;
    static final long RESET_MALFORMED = 2;
    static final long RESET_EXPIRED = 3;
    static final String MEMBER_ONLY = "MEMBER_ONLY";
    private static final int MAX_CODE_CHARS = 64;
    private static final int MAX_MESSAGE_CHARS = 1000;

    private Wire() {}

    /** Kind, head and, unless {@code length} is {@link #IN_CHUNKS}, room for so much of the body as is joined to it. */
    static byte[] request(int service, int deadlineMillis, int length, byte[] joined) {
        return ByteBuffer.allocate(1 + REQUEST_HEAD_BYTES + joined.length)
                .put(REQUEST)
                .putShort((short) service)
                .putInt(deadlineMillis)
                .putInt(length)
                .put(joined)
                .array();
    }

    static byte[] message(int service, byte[] body) {
        return ByteBuffer.allocate(MESSAGE_HEAD_BYTES + body.length)
                .putShort((short) service)
                .putInt(body.length)
                .put(body)
                .array();
    }

    static byte[] responseHead(byte status, int length) {
        return response(status, length, NOTHING);
    }

    /** A response whose body is joined to its head. */
    static byte[] response(byte status, byte[] body) {
        return response(status, body.length, body);
    }

    private static byte[] response(byte status, int length, byte[] joined) {
        return ByteBuffer.allocate(RESPONSE_HEAD_BYTES + joined.length)
                .put(status)
                .putInt(length)
                .put(joined)
                .array();
    }

    /** What ends a body in chunks. */
    static byte[] lastChunk() {
        return new byte[CHUNK_HEAD_BYTES];
    }

    /** What ends an answer in chunks that the handler could not finish. */
    static byte[] failedChunk(byte[] failure) {
        return ByteBuffer.allocate(CHUNK_HEAD_BYTES + failure.length)
                .putInt(-failure.length)
                .put(failure)
                .array();
    }

    /** Milliseconds as a request tells them: at least one, so that none is sent for nothing. */
    static int millis(long nanos) {
        return (int) Math.max(1, Math.min(RequestOptions.MAX_DEADLINE.toMillis(), nanos / 1_000_000));
    }

    static byte[] failure(String code, Retry retry, String message) {
        return new CborWriter(128)
                .array(3)
                .text(cut(code, MAX_CODE_CHARS))
                .uint(retry.ordinal())
                .text(cut(message, MAX_MESSAGE_CHARS))
                .toBytes();
    }

    /** The exception that a failure response means to the caller. */
    static StoqException failed(NodeId peer, int service, byte status, byte[] body) {
        String code;
        Retry retry;
        String message;
        try {
            CborReader in = new CborReader(body).expectArray(3);
            code = plain(in.text(4 * MAX_CODE_CHARS), MAX_CODE_CHARS);
            retry = Retry.values()[in.uint(Retry.values().length - 1)];
            message = plain(in.text(4 * MAX_MESSAGE_CHARS), MAX_MESSAGE_CHARS);
            in.end();
        } catch (CborException e) {
            return new StoqException(
                    StoqException.Code.MALFORMED_FRAME,
                    Retry.NEVER,
                    "the failure that peer " + peer.toShortString() + " reported cannot be read",
                    e);
        }
        String told = "peer " + peer.toShortString() + ", service " + service + ": " + code + ": " + message;
        return new StoqException(
                status == NOT_HANDLED ? notHandled(code) : StoqException.Code.REMOTE_FAILURE, retry, told, null, code);
    }

    private static StoqException.Code notHandled(String code) {
        return switch (code) {
            case "UNKNOWN_SERVICE" -> StoqException.Code.UNKNOWN_SERVICE;
            case "LIMIT_EXCEEDED" -> StoqException.Code.LIMIT_EXCEEDED;
            case "MALFORMED_FRAME" -> StoqException.Code.MALFORMED_FRAME;
            case "OVERLOADED" -> StoqException.Code.OVERLOADED;
            case "TIMEOUT" -> StoqException.Code.TIMEOUT;
            case "CLOSED" -> StoqException.Code.CLOSED;
            case MEMBER_ONLY -> StoqException.Code.REFUSED_BY_PEER;
            default -> StoqException.Code.REMOTE_FAILURE;
        };
    }

    static void checkService(int service) {
        if (service < 1 || service > MAX_SERVICE) {
            throw new IllegalArgumentException("service must be in 1.." + MAX_SERVICE + ", was " + service);
        }
    }

    static void checkBody(byte[] body) {
        if (body.length > Messenger.MAX_BODY_BYTES) {
            throw new IllegalArgumentException(
                    "a body has at most " + Messenger.MAX_BODY_BYTES + " bytes, this has " + body.length);
        }
    }

    /** A stranger's text that terminals and logs show as one line: what would steer them is replaced. */
    private static String plain(String text, int maxChars) {
        StringBuilder shown = new StringBuilder();
        cut(text, maxChars).codePoints().forEach(c -> shown.appendCodePoint(steers(c) ? '?' : c));
        return shown.toString();
    }

    private static boolean steers(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static String cut(String text, int maxChars) {
        if (text.length() <= maxChars) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
        return text.substring(0, end);
    }
}
