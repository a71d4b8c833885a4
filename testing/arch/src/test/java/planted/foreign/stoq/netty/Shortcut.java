package planted.foreign.stoq.netty;

import tech.kwik.core.QuicStream;

class Shortcut {
    long id(QuicStream stream) {
        return stream.getStreamId();
    }
}
