package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import online.hypermesh.stoq.Messenger;
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

    /** Service in two bytes, length in four. */
    static final int HEAD_BYTES = 6;

    /** Status in one byte, length in four. */
    static final int RESPONSE_HEAD_BYTES = 5;

    static final byte OK = 0;
    /** The handler failed with a code of its own. */
    static final byte HANDLER_FAILED = 1;
    /** The messenger did not hand the request to a handler. */
    static final byte NOT_HANDLED = 2;

    static final int MAX_SERVICE = 0xffff;
    static final int MAX_FAILURE_BYTES = 4096;
    static final long RESET_GIVEN_UP = 1;
    static final long RESET_MALFORMED = 2;
    static final String MEMBER_ONLY = "MEMBER_ONLY";
    private static final int MAX_CODE_CHARS = 64;
    private static final int MAX_MESSAGE_CHARS = 1000;

    private Wire() {}

    /** A request or message with room for {@code kind} if it is not negative. */
    static byte[] frame(int kind, int service, byte[] body, boolean withBody) {
        ByteBuffer out = ByteBuffer.allocate((kind < 0 ? 0 : 1) + HEAD_BYTES + (withBody ? body.length : 0));
        if (kind >= 0) {
            out.put((byte) kind);
        }
        out.putShort((short) service).putInt(body.length);
        if (withBody) {
            out.put(body);
        }
        return out.array();
    }

    static byte[] responseHead(byte status, int length) {
        return ByteBuffer.allocate(RESPONSE_HEAD_BYTES)
                .put(status)
                .putInt(length)
                .array();
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
            case "BUSY" -> StoqException.Code.BUSY;
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
