package online.hypermesh.stoq.session;

import online.hypermesh.stoq.spi.Arrived;

/** Bytes that arrived in an array of their own. Confined to one thread. */
final class ArrivedArray implements Arrived {
    private final byte[] bytes;
    private int taken;

    ArrivedArray(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int remaining() {
        return bytes.length - taken;
    }

    @Override
    public void take(byte[] to, int offset, int length) {
        System.arraycopy(bytes, taken, to, offset, length);
        taken += length;
    }
}
