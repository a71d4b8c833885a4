package online.hypermesh.stoq.kwik;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.log.NullLogger;

/**
 * Reads along as Kwik decrypts, for the codes of RESET_STREAM and STOP_SENDING, which Kwik keeps to itself, and for what a
 * stranger makes Kwik hold, whose windows are as large for strangers as for peers: it hands every
 * decrypted payload to its logger, on the thread that then processes it. Writes none of it anywhere. Thread-safe.
 */
final class FrameWatch extends NullLogger {
    private static final System.Logger LOG = System.getLogger("online.hypermesh.stoq.kwik.Kwik");
    private static final String PAYLOAD = "Decrypted payload";

    /** Told of the frames. */
    interface Receiver {
        void peerReset(long streamId, long code);

        void peerStopped(long streamId, long code);

        /** Bytes of a stream arrived, perhaps not for the first time. */
        void streamBytes(long streamId, long count);
    }

    private final Supplier<@Nullable Receiver> receivers;

    /** @param receivers asked on Kwik's thread for whom the payload is */
    FrameWatch(Supplier<@Nullable Receiver> receivers) {
        this.receivers = receivers;
    }

    @Override
    public void decrypted(String message, byte[] data) {
        if (!message.equals(PAYLOAD)) {
            return;
        }
        Receiver receiver = receivers.get();
        if (receiver != null) {
            new Frames(data).read(receiver);
        }
    }

    @Override
    public void error(String message) {
        LOG.log(System.Logger.Level.DEBUG, message);
    }

    @Override
    public void error(String message, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, message, cause);
    }

    /** Walks over the frames of one payload (RFC 9000, 19) until its end or something it does not know. Confined. */
    static final class Frames {
        private final byte[] data;
        private int at;
        private boolean broken;

        Frames(byte[] data) {
            this.data = data;
        }

        void read(Receiver receiver) {
            while (at < data.length && !broken) {
                int type = data[at++] & 0xff;
                if (type == 0x04) {
                    long id = number();
                    long code = number();
                    skip(1);
                    if (!broken) {
                        receiver.peerReset(id, code);
                    }
                } else if (type == 0x05) {
                    long id = number();
                    long code = number();
                    if (!broken) {
                        receiver.peerStopped(id, code);
                    }
                } else if (type >= 0x08 && type <= 0x0f) {
                    stream(type, receiver);
                } else if (!pass(type)) {
                    return;
                }
            }
        }

        /** Passes over a frame of no interest; false if its length is unknown. */
        private boolean pass(int type) {
            switch (type) {
                case 0x00, 0x01, 0x1e -> {}
                case 0x02, 0x03 -> acknowledgement(type == 0x03);
                case 0x06 -> {
                    skip(1);
                    bytes(number());
                }
                case 0x07, 0x31 -> bytes(number());
                case 0x10, 0x12, 0x13, 0x14, 0x16, 0x17, 0x19 -> skip(1);
                case 0x11, 0x15 -> skip(2);
                case 0x18 -> {
                    skip(2);
                    bytes(1L + (at < data.length ? data[at] & 0xff : 0) + 16);
                }
                case 0x1a, 0x1b -> bytes(8);
                default -> {
                    // a close or an unreliable datagram reaches to the end
                    return false;
                }
            }
            return true;
        }

        private void stream(int type, Receiver receiver) {
            long id = number();
            skip((type & 0x04) == 0 ? 0 : 1);
            long count = (type & 0x02) == 0 ? data.length - at : number();
            bytes(count);
            if (!broken) {
                receiver.streamBytes(id, count);
            }
        }

        private void acknowledgement(boolean congestion) {
            skip(2);
            long ranges = number();
            skip(1);
            for (long i = 0; i < ranges && !broken; i++) {
                skip(2);
            }
            if (congestion) {
                skip(3);
            }
        }

        private void skip(int numbers) {
            for (int i = 0; i < numbers; i++) {
                number();
            }
        }

        private void bytes(long count) {
            if (count < 0 || count > data.length - at) {
                broken = true;
            } else {
                at += (int) count;
            }
        }

        private long number() {
            if (at >= data.length) {
                broken = true;
                return 0;
            }
            int length = 1 << ((data[at] & 0xc0) >>> 6);
            if (length > data.length - at) {
                broken = true;
                return 0;
            }
            long value = data[at++] & 0x3f;
            for (int i = 1; i < length; i++) {
                value = value << 8 | data[at++] & 0xff;
            }
            return value;
        }
    }
}
