package online.hypermesh.tck.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A path between UDP endpoints that misbehaves on purpose: a forwarder on {@code [::1]} that loses, reorders, duplicates,
 * corrupts, delays and limits datagrams in both directions, and can change the port from which it speaks to the target, as a
 * rebinding NAT does. Every client address has a port of its own towards the target. The same seed makes the same choices
 * for the same sequence of datagrams. Held datagrams and clients are bounded; what does not fit is dropped and counted.
 * Thread-safe; one daemon thread forwards.
 */
public final class FaultyPath implements AutoCloseable {
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;
    private static final int LARGEST_DATAGRAM = 65_535;
    private static final int MAX_HELD_DATAGRAMS = 8192;
    private static final int MAX_CLIENTS = 1024;

    /** So many datagrams of one socket are forwarded before the next one has its turn. */
    private static final int BURST = 64;

    private static final long REORDER_NANOS = TimeUnit.MILLISECONDS.toNanos(3);
    private static final long COMMAND_SECONDS = 10;

    private final InetSocketAddress target;
    private final Selector selector;
    private final DatagramChannel front;
    private final InetSocketAddress address;
    private final Thread thread;
    private final BlockingQueue<Command> commands = new ArrayBlockingQueue<>(64);
    private final Map<InetSocketAddress, Client> clients = new LinkedHashMap<>();
    private final PriorityQueue<Held> held = new PriorityQueue<>();
    private final SplittableRandom random;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
    private volatile PathFaults faults;
    private long sequence;
    private long delivered;
    private long lost;
    private long reordered;
    private long duplicated;
    private long corrupted;
    private long oversized;
    private long overflowed;
    private boolean stopped;

    /**
     * What happened to the datagrams so far, both directions together.
     *
     * @param delivered handed to the receiving socket, duplicates included
     * @param lost dropped by chance
     * @param reordered held back
     * @param duplicated sent twice
     * @param corrupted with a bit flipped
     * @param oversized dropped for their size
     * @param overflowed dropped because too many were held, too many clients came or a socket took no more
     */
    public record Counts(
            long delivered,
            long lost,
            long reordered,
            long duplicated,
            long corrupted,
            long oversized,
            long overflowed) {}

    private record Command(Runnable work, CompletableFuture<Void> done) {}

    /** A client and its own socket towards the target. */
    private static final class Client {
        final InetSocketAddress remote;
        DatagramChannel back;

        Client(InetSocketAddress remote, DatagramChannel back) {
            this.remote = remote;
            this.back = back;
        }
    }

    private record Held(long dueNanos, long sequence, Client client, boolean toTarget, byte[] bytes)
            implements Comparable<Held> {
        @Override
        public int compareTo(Held other) {
            int byTime = Long.compare(dueNanos - other.dueNanos, 0);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    private FaultyPath(InetSocketAddress target, PathFaults faults, long seed) throws IOException {
        this.target = target;
        this.faults = faults;
        this.random = new SplittableRandom(seed);
        this.selector = Selector.open();
        this.front = socket();
        front.register(selector, SelectionKey.OP_READ);
        this.address = (InetSocketAddress) front.getLocalAddress();
        this.thread = new Thread(this::forward, "faulty-path-" + address.getPort());
        thread.setDaemon(true);
    }

    /**
     * Opens a path to an endpoint.
     *
     * @param target where datagrams go that arrive at {@link #address}
     * @param faults what happens to them
     * @param seed of all chances
     * @return the path, forwarding
     */
    public static FaultyPath to(InetSocketAddress target, PathFaults faults, long seed) {
        try {
            FaultyPath path = new FaultyPath(target, faults, seed);
            path.thread.start();
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a path to " + target, e);
        }
    }

    private static DatagramChannel socket() throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
        channel.bind(Party.loopback(0));
        channel.configureBlocking(false);
        return channel;
    }

    /**
     * Where clients send to reach the target.
     *
     * @return an address on {@code [::1]}
     */
    public InetSocketAddress address() {
        return address;
    }

    /**
     * Changes what happens to the datagrams that come from now on.
     *
     * @param now the faults
     */
    public void set(PathFaults now) {
        faults = now;
    }

    /**
     * Gives every client a new port towards the target; datagrams to the old ones are lost. When this returns, the target
     * sees clients come from elsewhere.
     */
    public void rebind() {
        call(() -> {
            for (Client client : clients.values()) {
                DatagramChannel old = client.back;
                client.back = back(client);
                close(old);
            }
        });
    }

    /**
     * The ports from which the target sees its clients, in the order in which the clients came.
     *
     * @return local ports towards the target
     */
    public List<Integer> ports() {
        List<Integer> ports = new ArrayList<>();
        call(() -> {
            for (Client client : clients.values()) {
                ports.add(client.back.socket().getLocalPort());
            }
        });
        return ports;
    }

    /**
     * What happened so far.
     *
     * @return the counts
     */
    public Counts counts() {
        CompletableFuture<Counts> counts = new CompletableFuture<>();
        call(() ->
                counts.complete(new Counts(delivered, lost, reordered, duplicated, corrupted, oversized, overflowed)));
        return counts.join();
    }

    /** Stops forwarding and frees the ports; idempotent. */
    @Override
    public void close() {
        if (thread.isAlive()) {
            call(() -> stopped = true);
        }
    }

    private void call(Runnable work) {
        Command command = new Command(work, new CompletableFuture<>());
        try {
            if (!commands.offer(command, COMMAND_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the path to " + target + " takes no commands");
            }
            selector.wakeup();
            command.done.get(COMMAND_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the path to " + target + " does not work", e);
        }
    }

    private void forward() {
        try {
            while (!stopped) {
                Held next = held.peek();
                if (next == null) {
                    selector.select();
                } else {
                    long waitNanos = next.dueNanos - System.nanoTime();
                    if (waitNanos > 0) {
                        selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(waitNanos)));
                    } else {
                        selector.selectNow();
                    }
                }
                runCommands();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        receive((DatagramChannel) key.channel(), (Client) key.attachment());
                    }
                }
                selector.selectedKeys().clear();
                deliverDue(System.nanoTime());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the path to " + target + " broke", e);
        } finally {
            clients.values().forEach(client -> close(client.back));
            close(front);
            close(selector);
        }
    }

    private void runCommands() {
        for (Command command = commands.poll(); command != null; command = commands.poll()) {
            try {
                command.work.run();
                command.done.complete(null);
            } catch (UncheckedIOException e) {
                command.done.completeExceptionally(e);
            }
        }
    }

    private void receive(DatagramChannel channel, @Nullable Client known) throws IOException {
        for (int i = 0; i < BURST && channel.isOpen(); i++) {
            buffer.clear();
            InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
            if (from == null) {
                return;
            }
            buffer.flip();
            if (known != null) {
                if (from.equals(target)) {
                    pass(known, false);
                }
                continue;
            }
            Client client = clients.get(from);
            if (client == null && clients.size() < MAX_CLIENTS) {
                client = admit(from);
            }
            if (client == null) {
                overflowed++;
            } else {
                pass(client, true);
            }
        }
    }

    private Client admit(InetSocketAddress remote) throws IOException {
        Client client = new Client(remote, socket());
        client.back.register(selector, SelectionKey.OP_READ, client);
        clients.put(remote, client);
        return client;
    }

    private DatagramChannel back(Client client) {
        try {
            DatagramChannel fresh = socket();
            fresh.register(selector, SelectionKey.OP_READ, client);
            return fresh;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Decides the fate of the datagram in the buffer. */
    private void pass(Client client, boolean toTarget) throws IOException {
        PathFaults now = faults;
        if (buffer.remaining() > now.maxDatagramBytes()) {
            oversized++;
            return;
        }
        if (happens(now.lossPermille())) {
            lost++;
            return;
        }
        if (happens(now.corruptPermille()) && buffer.hasRemaining()) {
            corrupted++;
            int index = random.nextInt(buffer.remaining());
            buffer.put(index, (byte) (buffer.get(index) ^ 1 << random.nextInt(8)));
        }
        boolean twice = happens(now.duplicatePermille());
        boolean late = happens(now.reorderPermille());
        long delayNanos = now.delay().toNanos();
        if (late) {
            reordered++;
            delayNanos += 1 + random.nextLong(REORDER_NANOS);
        }
        if (twice) {
            duplicated++;
            hold(client, toTarget, delayNanos);
        }
        if (delayNanos > 0) {
            hold(client, toTarget, delayNanos);
        } else {
            send(client, toTarget, buffer);
        }
    }

    private boolean happens(int permille) {
        return permille > 0 && random.nextInt(1000) < permille;
    }

    private void hold(Client client, boolean toTarget, long delayNanos) {
        if (held.size() >= MAX_HELD_DATAGRAMS) {
            overflowed++;
            return;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        held.add(new Held(System.nanoTime() + delayNanos, sequence++, client, toTarget, bytes));
    }

    private void deliverDue(long nowNanos) throws IOException {
        for (Held next = held.peek(); next != null && next.dueNanos - nowNanos <= 0; next = held.peek()) {
            held.remove();
            send(next.client, next.toTarget, ByteBuffer.wrap(next.bytes));
        }
    }

    private void send(Client client, boolean toTarget, ByteBuffer datagram) throws IOException {
        int sent = toTarget ? client.back.send(datagram, target) : front.send(datagram, client.remote);
        if (sent > 0) {
            delivered++;
        } else {
            overflowed++;
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing a socket of a path failed", e);
        }
    }
}
