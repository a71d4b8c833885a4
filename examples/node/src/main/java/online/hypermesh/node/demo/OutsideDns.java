package online.hypermesh.node.demo;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * The world outside: a traditional DNS server (RFC 1035, UDP, AAAA only) on IPv6 loopback with a few fixed names. It runs in
 * the demonstration's own process, so switching it off switches traditional DNS off for every node. Thread-safe.
 */
final class OutsideDns implements AutoCloseable {
    private static final Logger LOG = System.getLogger(OutsideDns.class.getName());
    private static final int MAX_QUERY_BYTES = 4096;
    private static final int TTL_SECONDS = 5;

    private final DatagramSocket socket;
    private final Map<String, Inet6Address> names = new ConcurrentHashMap<>();
    private final AtomicLong answered = new AtomicLong();
    private final Thread thread;

    private OutsideDns(DatagramSocket socket, Map<String, Inet6Address> names) {
        this.socket = socket;
        this.names.putAll(names);
        this.thread = new Thread(this::serve, "outside-dns");
        thread.setDaemon(true);
    }

    static OutsideDns start(Map<String, Inet6Address> names) throws IOException {
        OutsideDns dns =
                new OutsideDns(new DatagramSocket(new InetSocketAddress(InetAddress.getByName("::1"), 0)), names);
        dns.thread.start();
        return dns;
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** How many queries were answered so far. */
    long answered() {
        return answered.get();
    }

    private void serve() {
        byte[] buffer = new byte[MAX_QUERY_BYTES];
        while (!socket.isClosed()) {
            DatagramPacket query = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(query);
                byte[] wire = java.util.Arrays.copyOf(buffer, query.getLength());
                byte[] reply = answer(new Message(wire)).toWire();
                socket.send(new DatagramPacket(reply, reply.length, query.getSocketAddress()));
                answered.incrementAndGet();
            } catch (SocketException e) {
                LOG.log(Level.DEBUG, "outside DNS is off: {0}", e.getMessage());
                return;
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "a query was not understood: {0}", e.getMessage());
            }
        }
    }

    private Message answer(Message query) {
        Message reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setFlag(Flags.AA);
        Record question = query.getQuestion();
        if (question == null) {
            reply.getHeader().setRcode(Rcode.FORMERR);
            return reply;
        }
        reply.addRecord(question, Section.QUESTION);
        Name name = question.getName();
        Inet6Address address = names.get(name.toString(true).toLowerCase(java.util.Locale.ROOT));
        if (address == null) {
            reply.getHeader().setRcode(Rcode.NXDOMAIN);
        } else if (question.getType() == Type.AAAA) {
            reply.addRecord(new AAAARecord(name, DClass.IN, TTL_SECONDS, address), Section.ANSWER);
        }
        return reply;
    }

    @Override
    public void close() {
        socket.close();
    }
}
