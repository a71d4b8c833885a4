package online.hypermesh.bench;

import io.netty.channel.epoll.Epoll;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How raw Netty QUIC is set up. Immutable.
 *
 * @param epoll whether sockets go through epoll instead of NIO
 * @param segments datagrams handed to the system at once with segmentation offload; 0 for none
 * @param merged whether the system merges datagrams that arrive together (UDP_GRO)
 * @param datagramBytes largest datagram
 * @param socketBufferBytes size of each socket buffer; 0 for the system's own
 * @param connectionWindowBytes flow control window of a connection
 * @param streamWindowBytes flow control window of a stream
 * @param maxStreams streams at once
 */
record NettySettings(
        boolean epoll,
        int segments,
        boolean merged,
        int datagramBytes,
        int socketBufferBytes,
        int connectionWindowBytes,
        int streamWindowBytes,
        int maxStreams) {
    /** The largest datagram that crosses Ethernet over IPv6. */
    static final int ETHERNET_DATAGRAM_BYTES = 1452;

    /** What the vendor's example sets, on portable sockets: nothing is faster for one small request at a time. */
    static NettySettings defaults() {
        return new NettySettings(false, 0, false, ETHERNET_DATAGRAM_BYTES, 0, 10_000_000, 1_000_000, 4096);
    }

    /** What uploads fastest with this library over the loopback in datagrams that fit Ethernet. */
    static NettySettings best() {
        boolean epoll = Epoll.isAvailable();
        return new NettySettings(
                epoll, epoll ? 44 : 0, epoll, ETHERNET_DATAGRAM_BYTES, 4 << 20, 16 << 20, 8 << 20, 4096);
    }

    Map<String, Object> describe() {
        Map<String, Object> rows = new LinkedHashMap<>();
        rows.put("sockets", epoll ? "epoll" : "nio");
        rows.put("segments_per_send", segments);
        rows.put("merged_receives", merged);
        rows.put("datagram_bytes", datagramBytes);
        rows.put("socket_buffer_bytes", socketBufferBytes == 0 ? "system default" : socketBufferBytes);
        rows.put("connection_window_bytes", connectionWindowBytes);
        rows.put("stream_window_bytes", streamWindowBytes);
        rows.put("event_loops", "one thread per end");
        return rows;
    }
}
