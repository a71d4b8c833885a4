package online.hypermesh.sim.dht;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import online.hypermesh.api.dht.DhtMode;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.impl.dht.Contact;
import online.hypermesh.impl.dht.DhtAction;
import online.hypermesh.impl.dht.DhtCore;
import online.hypermesh.impl.dht.DhtOperation;
import online.hypermesh.impl.dht.DhtOutcome;
import online.hypermesh.impl.dht.DhtRequest;
import online.hypermesh.impl.dht.DhtResponse;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.impl.dht.Position;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** Nodes, messages that take their time, and a clock: everything follows from the seed. Confined to one thread. */
final class DhtNetwork {
    private static final long START_MILLIS = 1_800_000_000_000L;
    private static final double MEDIAN_RTT_MILLIS = 80;
    private static final double PAIR_SIGMA = 0.4;
    private static final double JITTER_SIGMA = 0.25;
    private static final int FORGED = 10;

    private final DhtSettings settings;
    private final SplittableRandom random;
    private final List<Peer> peers = new ArrayList<>();
    private final Map<NodeId, Peer> byId = new HashMap<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Map<Long, Running> running = new HashMap<>();
    private List<Peer> byzantine = List.of();
    private long now = START_MILLIS;
    private long eventNumber;
    private long nextOperation;
    private long trace = 0xcbf29ce484222325L;
    private long messages;

    /** A node; one without a core lies. */
    static final class Peer {
        private final Contact contact;
        private final @Nullable DhtCore core;
        private boolean alive = true;
        private long tickAt = Long.MAX_VALUE;

        private Peer(Contact contact, @Nullable DhtCore core) {
            this.contact = contact;
            this.core = core;
        }

        boolean isHonest() {
            return core != null;
        }

        boolean isAlive() {
            return alive;
        }

        DhtCore core() {
            if (core == null) {
                throw new IllegalStateException("a liar has no core");
            }
            return core;
        }

        Contact contact() {
            return contact;
        }
    }

    /** What came of an operation, and what it took. */
    record Ended(DhtOutcome outcome, long millis, long messages) {}

    private static final class Running {
        private final long begun;
        private long messages;
        private @Nullable Ended ended;

        private Running(long begun) {
            this.begun = begun;
        }
    }

    private record Event(long at, long number, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    DhtNetwork(DhtSettings settings, long seed) {
        this.settings = settings;
        this.random = new SplittableRandom(seed);
    }

    SplittableRandom random() {
        return random;
    }

    long now() {
        return now;
    }

    /** Hash of everything that happened; equal for equal seeds. */
    String traceHash() {
        return Long.toHexString(trace);
    }

    long messages() {
        return messages;
    }

    List<Peer> peers() {
        return peers;
    }

    // ---------------------------------------------------------------- nodes

    Peer addPeer(boolean honest) {
        byte[] id = ByteBuffer.allocate(Digest.LENGTH)
                .putLong(random.nextLong())
                .putLong(random.nextLong())
                .putLong(random.nextLong())
                .putLong(random.nextLong())
                .array();
        long site = 0x2001_0000_0000_0000L | (long) peers.size() << 16;
        Contact contact = new Contact(new NodeId(Digest.of(id)), new NodeAddress(site, 1, 4433));
        DhtCore core = honest ? new DhtCore(settings, contact, DhtMode.SERVER, now, random.nextLong()) : null;
        Peer peer = new Peer(contact, core);
        peers.add(peer);
        byId.put(contact.id(), peer);
        return peer;
    }

    /** Gives every honest node the table it would have after a long time in this network. */
    void fillTables() {
        Peer[] sorted = peers.toArray(Peer[]::new);
        Arrays.sort(sorted, (x, y) -> x.contact.id().compareTo(y.contact.id()));
        long[] tops = new long[sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            tops[i] = sorted[i].contact.position().a();
        }
        for (Peer peer : peers) {
            if (peer.core != null) {
                peer.core.remember(contactsFor(peer, sorted, tops));
            }
        }
        byzantine = Arrays.stream(sorted).filter(p -> !p.isHonest()).toList();
    }

    private List<Contact> contactsFor(Peer peer, Peer[] sorted, long[] tops) {
        List<Contact> contacts = new ArrayList<>();
        long own = peer.contact.position().a();
        for (int bits = 0; bits < 40; bits++) {
            // all nodes that share exactly this many bits are neighbours in the order of identities
            long first = own & (bits == 0 ? 0 : -1L << 64 - bits) | ~own & Long.MIN_VALUE >>> bits;
            long last = first | -1L >>> bits + 1;
            int from = lowest(tops, first);
            int to = last == -1 ? tops.length : lowest(tops, last + 1);
            int count = to - from;
            if (count <= settings.bucketSize()) {
                for (int i = from; i < to; i++) {
                    contacts.add(sorted[i].contact);
                }
            } else {
                for (int i = 0; i < settings.bucketSize(); i++) {
                    contacts.add(sorted[from + random.nextInt(count)].contact);
                }
            }
        }
        return contacts;
    }

    private static int lowest(long[] sorted, long value) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(sorted[middle], value) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void kill(Peer peer) {
        peer.alive = false;
        byId.remove(peer.contact.id());
    }

    Peer anyHonest() {
        while (true) {
            Peer peer = peers.get(random.nextInt(peers.size()));
            if (peer.alive && peer.isHonest()) {
                return peer;
            }
        }
    }

    /** A live node that has got to know others. */
    Peer anyJoined() {
        while (true) {
            Peer peer = anyHonest();
            if (peer.core().knownNodes() >= settings.bucketSize()) {
                return peer;
            }
        }
    }

    /** The live node nearest to a point. */
    Contact nearest(Position target) {
        Contact best = null;
        for (Peer peer : peers) {
            if (peer.alive && (best == null || nearer(target, peer.contact.position(), best.position()))) {
                best = peer.contact;
            }
        }
        if (best == null) {
            throw new IllegalStateException("nobody is alive");
        }
        return best;
    }

    private static boolean nearer(Position target, Position x, Position y) {
        int byTop = Long.compareUnsigned(x.a() ^ target.a(), y.a() ^ target.a());
        return byTop != 0 ? byTop < 0 : Long.compareUnsigned(x.b() ^ target.b(), y.b() ^ target.b()) < 0;
    }

    // ---------------------------------------------------------------- time

    void at(long millis, Runnable what) {
        events.add(new Event(Math.max(millis, now), eventNumber++, what));
    }

    /** Whether anything was left to happen. */
    private boolean step() {
        Event event = events.poll();
        if (event == null) {
            return false;
        }
        now = event.at;
        event.what.run();
        return true;
    }

    void runUntil(long millis) {
        for (Event next = events.peek(); next != null && next.at <= millis; next = events.peek()) {
            step();
        }
        now = Math.max(now, millis);
    }

    /** Begins an operation; its end is asked for with {@link #ended}. */
    long begin(Peer peer, DhtOperation wish) {
        long operation = nextOperation++;
        running.put(operation, new Running(now));
        perform(peer, peer.core().start(now, operation, wish));
        return operation;
    }

    Optional<Ended> ended(long operation) {
        Running r = running.get(operation);
        return r == null ? Optional.empty() : Optional.ofNullable(r.ended);
    }

    /** Runs an operation to its end. */
    Ended run(Peer peer, DhtOperation wish) {
        long before = messages;
        long operation = begin(peer, wish);
        while (ended(operation).isEmpty()) {
            if (!step()) {
                throw new IllegalStateException("nothing happens any more, but operation " + operation + " goes on");
            }
        }
        Ended ended = ended(operation).orElseThrow();
        running.remove(operation);
        return new Ended(ended.outcome, ended.millis, messages - before);
    }

    private void perform(Peer peer, List<DhtAction> actions) {
        for (DhtAction action : actions) {
            if (action instanceof DhtAction.Call call) {
                send(peer, call);
            } else if (action instanceof DhtAction.Finished finished) {
                mix(3, peer, finished.operation());
                Running r = running.get(finished.operation());
                if (r != null) {
                    r.ended = new Ended(finished.outcome(), now - r.begun, r.messages);
                }
            }
        }
        wake(peer);
    }

    /** One event per node is enough, unless it wants to be woken earlier than it said. */
    private void wake(Peer peer) {
        long next = Math.max(now, peer.core().nextTickMillis());
        if (next < peer.tickAt) {
            peer.tickAt = next;
            at(next, () -> {
                if (peer.alive && peer.tickAt == next) {
                    peer.tickAt = Long.MAX_VALUE;
                    perform(peer, peer.core().onTick(now));
                }
            });
        }
    }

    /** Wakes a node for its own upkeep from now on. */
    void keepUp(Peer peer) {
        wake(peer);
    }

    private void send(Peer from, DhtAction.Call call) {
        messages++;
        mix(1, from, call.to().position().a());
        Peer to = byId.get(call.to().id());
        if (to == null) {
            return; // nobody is there; who asked notices by itself
        }
        double rtt = rttMillis(from.contact, to.contact);
        long arrives = now + Math.round(rtt / 2);
        long answered = now + Math.max(1, Math.round(rtt));
        at(arrives, () -> {
            if (!to.alive) {
                return;
            }
            DhtResponse response = answer(to, from, call.request());
            at(answered, () -> {
                if (from.alive) {
                    mix(2, from, call.call());
                    perform(from, from.core().onResponse(now, call.call(), response));
                }
            });
        });
    }

    private DhtResponse answer(Peer to, Peer from, DhtRequest request) {
        if (to.core == null) {
            return lie(request);
        }
        DhtCore.Answer answer = to.core.onRequest(now, from.contact.id(), Optional.of(from.contact.address()), request);
        perform(to, answer.actions());
        return answer.response();
    }

    /** Liars name each other and nodes that do not exist, keep nothing, and say that they do. */
    private DhtResponse lie(DhtRequest request) {
        Position target;
        if (request instanceof DhtRequest.FindNodes find) {
            target = find.target();
        } else if (request instanceof DhtRequest.FindRecord find) {
            target = Position.of(find.key());
        } else if (request instanceof DhtRequest.FindProviders find) {
            target = Position.of(find.key());
        } else {
            return new DhtResponse.Done();
        }
        List<Contact> named = new ArrayList<>();
        for (int i = 0; i < FORGED; i++) {
            byte[] id = target.toBytes();
            ByteBuffer.wrap(id).putLong(8, random.nextLong());
            long site = 0x2002_0000_0000_0000L | (random.nextLong() >>> 24) << 16;
            named.add(new Contact(new NodeId(Digest.of(id)), new NodeAddress(site, 1, 4433)));
        }
        TreeMap<Long, Contact> nearest = new TreeMap<>(Long::compareUnsigned);
        for (Peer peer : byzantine) {
            nearest.put(peer.contact.position().a() ^ target.a(), peer.contact);
            if (nearest.size() > settings.bucketSize() - FORGED) {
                nearest.pollLastEntry();
            }
        }
        named.addAll(nearest.values());
        return new DhtResponse.Found(Optional.empty(), List.of(), named);
    }

    /** Log-normal, part of it the same for a pair of nodes every time. */
    private double rttMillis(Contact one, Contact two) {
        long pair = one.position().a() ^ two.position().a();
        SplittableRandom fixed = new SplittableRandom(pair);
        double power = PAIR_SIGMA * gaussian(fixed) + JITTER_SIGMA * gaussian(random);
        return MEDIAN_RTT_MILLIS * StrictMath.exp(power);
    }

    private static double gaussian(SplittableRandom from) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - from.nextDouble()));
        return radius * StrictMath.cos(2 * StrictMath.PI * from.nextDouble());
    }

    private void mix(int kind, Peer peer, long what) {
        long x = now * 31 + kind ^ peer.contact.position().a() ^ Long.rotateLeft(what, 17);
        trace = (trace ^ x) * 0x100000001b3L;
        trace ^= trace >>> 29;
    }
}
