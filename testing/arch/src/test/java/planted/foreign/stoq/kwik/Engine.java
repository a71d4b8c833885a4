package planted.foreign.stoq.kwik;

import tech.kwik.core.QuicStream;

class Engine {
    long id(QuicStream stream) {
        return stream.getStreamId();
    }
}
