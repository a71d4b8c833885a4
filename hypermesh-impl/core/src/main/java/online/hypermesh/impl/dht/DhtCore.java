package online.hypermesh.impl.dht;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import online.hypermesh.api.dht.DhtKeys;
import online.hypermesh.api.dht.DhtMode;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A node's part in the distributed hash table. Takes requests, answers, failures and the passing of time, and says what to do
 * next; performs no I/O and reads no clock. Confined to one thread.
 *
 * <p>Times are milliseconds since 1970 that never decrease.
 */
public final class DhtCore {
    /** Most operations of the owner under way. */
    public static final int MAX_OPERATIONS = 256;

    private static final int MAX_PROBES = 8;
    private static final int SWEEP_FACTOR = 3;
    private static final int WIDE_FACTOR = 4;
    private static final int MOST_REFRESHED = 40;
    private static final long EXPIRY_ROUND_MILLIS = 60_000;
    private static final long INTERNAL = -1;

    private final DhtSettings settings;
    private final Contact self;
    private final DhtMode mode;
    private final SplittableRandom random;
    private final ContactTable table;
    private final RttBook rtts;
    private final SizeEstimate size = new SizeEstimate();
    private final RecordStore store;

    private final Map<Long, Pending> pending = new HashMap<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final Set<NodeId> probed = new HashSet<>();
    private final Deque<Position> toRefresh = new ArrayDeque<>();
    private final List<DhtAction> actions = new ArrayList<>();
    private long nextCall;
    private int operations;
    private boolean refreshing;
    private int refreshes;
    private long nextRefresh;
    private long nextExpiry;

    private static final class Pending {
        private final Contact contact;
        private final DhtRequest request;
        private final @Nullable Task task;
        private final @Nullable Lookup lookup;
        private final @Nullable StoreRound round;
        private final long sentMillis;
        private boolean slow;

        Pending(Contact contact, DhtRequest request, @Nullable Task task, @Nullable Lookup lookup, long sentMillis) {
            this.contact = contact;
            this.request = request;
            this.task = task;
            this.lookup = lookup;
            this.round = task != null && lookup == null ? task.round : null;
            this.sentMillis = sentMillis;
        }
    }

    private record Timer(long atMillis, long call, boolean last) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            int byCall = byTime != 0 ? byTime : Long.compare(call, other.call);
            return byCall != 0 ? byCall : Boolean.compare(last, other.last);
        }
    }

    /**
     * An answer, and what else to do.
     *
     * @param response for the asker
     * @param actions what else
     */
    public record Answer(DhtResponse response, List<DhtAction> actions) {
        /**
         * Copies the list.
         *
         * @param response for the asker
         * @param actions what else
         */
        public Answer {
            actions = List.copyOf(actions);
        }
    }

    /**
     * Creates a node that knows nobody.
     *
     * @param settings how it takes part
     * @param self who and where it is; a client's address is not told to anybody
     * @param mode what it does for others
     * @param nowMillis the time
     * @param seed of its random choices; secret, so that nobody foresees where it looks
     */
    public DhtCore(DhtSettings settings, Contact self, DhtMode mode, long nowMillis, long seed) {
        this.settings = settings;
        this.self = self;
        this.mode = mode;
        this.random = new SplittableRandom(seed);
        this.table = new ContactTable(self, settings.bucketSize(), settings.maxPerSite());
        this.rtts = new RttBook(settings.timing().maxTimeoutMillis());
        this.store = new RecordStore(settings, self.position());
        this.nextRefresh = nowMillis + random.nextLong(settings.refreshMillis());
        this.nextExpiry = nowMillis + EXPIRY_ROUND_MILLIS;
    }

    /**
     * Takes nodes as known without having asked them, as a saved table does at a start.
     *
     * @param contacts nodes
     */
    public void remember(List<Contact> contacts) {
        contacts.forEach(table::answered);
    }

    /**
     * Begins an operation; its {@link DhtAction.Finished} comes with these or later actions.
     *
     * @param nowMillis the time
     * @param operation its number, from 0; told at the end
     * @param wish what to do
     * @return what to do next
     */
    public List<DhtAction> start(long nowMillis, long operation, DhtOperation wish) {
        if (operations >= MAX_OPERATIONS) {
            actions.add(new DhtAction.Finished(operation, new DhtOutcome.Busy()));
        } else {
            operations++;
            begin(nowMillis, operation, wish);
        }
        return taken();
    }

    private void begin(long now, long operation, DhtOperation wish) {
        if (wish instanceof DhtOperation.Republish republish) {
            Deque<List<ProviderRecord>> regions = Task.byRegion(republish.records(), depth());
            if (regions.isEmpty()) {
                operations--;
                actions.add(new DhtAction.Finished(operation, new DhtOutcome.Stored(0, -1, false)));
                return;
            }
            Task task = new Task(operation, wish, sweep(regions.getFirst()));
            task.regions.addAll(regions);
            pump(now, task);
            return;
        }
        Task task = new Task(operation, wish, search(wish));
        if (wish instanceof DhtOperation.Get get) {
            task.best = store.record(get.key(), now).orElse(null);
        }
        pump(now, task);
    }

    /** Bits that the nodes nearest to a point share with it. */
    private int depth() {
        long perBucket = Math.max(1, (long) (estimatedNodes() / settings.bucketSize()));
        return Math.min(MOST_REFRESHED, 63 - Long.numberOfLeadingZeros(perBucket));
    }

    private Lookup search(DhtOperation wish) {
        if (wish instanceof DhtOperation.Join join) {
            List<Contact> seeds = new ArrayList<>(table.closest(self.position(), settings.bucketSize()));
            seeds.remove(join.through());
            seeds.add(0, join.through());
            return lookup(self.position(), settings.bucketSize(), 1, seeds);
        }
        if (wish instanceof DhtOperation.Put put) {
            return lookup(Position.of(put.record().key()), settings.disjointPaths());
        }
        if (wish instanceof DhtOperation.Get get) {
            return lookup(Position.of(get.key()), settings.disjointPaths());
        }
        if (wish instanceof DhtOperation.Provide provide) {
            return lookup(Position.of(provide.record().key()), 1);
        }
        if (wish instanceof DhtOperation.FindProviders find) {
            return lookup(Position.of(DhtKeys.ofProviders(find.subject())), 1);
        }
        if (wish instanceof DhtOperation.FindClosest find) {
            return lookup(find.target(), 1);
        }
        throw new IllegalStateException("no search for " + wish);
    }

    private Lookup lookup(Position target, int paths) {
        return lookup(target, settings.bucketSize(), paths, table.closest(target, settings.bucketSize()));
    }

    private Lookup sweep(List<ProviderRecord> region) {
        Position middle = Position.of(region.get(region.size() / 2).key());
        int wanted = SWEEP_FACTOR * settings.bucketSize();
        return lookup(middle, wanted, 1, table.closest(middle, wanted));
    }

    private Lookup lookup(Position target, int wanted, int paths, List<Contact> seeds) {
        return new Lookup(settings, self.id(), target, wanted, paths, seeds);
    }

    /**
     * Answers a request.
     *
     * @param nowMillis the time
     * @param from who asks, authenticated
     * @param address where it says it listens; empty for a client
     * @param request what
     * @return the answer, and what else to do
     */
    public Answer onRequest(long nowMillis, NodeId from, Optional<NodeAddress> address, DhtRequest request) {
        if (mode == DhtMode.CLIENT) {
            return new Answer(new DhtResponse.Refused(DhtResponse.Reason.CLIENT, -1), taken());
        }
        address.map(a -> new Contact(from, a)).ifPresent(c -> consider(nowMillis, c));
        return new Answer(answer(nowMillis, from, request), taken());
    }

    private DhtResponse answer(long now, NodeId from, DhtRequest request) {
        if (request instanceof DhtRequest.FindNodes find) {
            return new DhtResponse.Found(
                    Optional.empty(), List.of(), table.closest(find.target(), settings.bucketSize()));
        }
        if (request instanceof DhtRequest.FindRecord find) {
            return new DhtResponse.Found(
                    store.record(find.key(), now),
                    List.of(),
                    table.closest(Position.of(find.key()), settings.bucketSize()));
        }
        if (request instanceof DhtRequest.FindProviders find) {
            return new DhtResponse.Found(
                    Optional.empty(),
                    store.providers(find.key(), now),
                    table.closest(Position.of(find.key()), settings.bucketSize()));
        }
        if (request instanceof DhtRequest.PutRecord put) {
            return store.put(now, from, put.record(), put.replaces());
        }
        if (request instanceof DhtRequest.AddProvider add) {
            return store.add(now, from, add.record());
        }
        return new DhtResponse.Done();
    }

    /** Who asks is authenticated, but not where it is: it gets a place when it answers there. */
    private void consider(long now, Contact contact) {
        if (probed.size() < MAX_PROBES && table.hasRoomFor(contact) && probed.add(contact.id())) {
            call(now, contact, new DhtRequest.Ping(), null, null);
        }
    }

    private void call(long now, Contact to, DhtRequest request, @Nullable Task task, @Nullable Lookup lookup) {
        long call = nextCall++;
        DhtSettings.Timing timing = settings.timing();
        int timeout = timing.adaptive() ? rtts.timeoutMillis(to.id()) : timing.maxTimeoutMillis();
        if (timing.adaptive()) {
            timers.add(new Timer(now + rtts.hedgeMillis(to.id()), call, false));
        }
        timers.add(new Timer(now + timeout, call, true));
        pending.put(call, new Pending(to, request, task, lookup, now));
        actions.add(new DhtAction.Call(call, to, request, timeout));
    }

    /**
     * Takes an answer.
     *
     * @param nowMillis the time
     * @param call to which request
     * @param response the answer
     * @return what to do next
     */
    public List<DhtAction> onResponse(long nowMillis, long call, DhtResponse response) {
        Pending p = pending.remove(call);
        if (p == null) {
            return taken();
        }
        rtts.answered(p.contact.id(), nowMillis - p.sentMillis);
        boolean client = response instanceof DhtResponse.Refused r && r.reason() == DhtResponse.Reason.CLIENT;
        boolean fits = !client && fits(p.request, response);
        Task task = p.task;
        if (fits && task != null && response instanceof DhtResponse.Found found) {
            fits = task.take(found, settings.network(), nowMillis);
        }
        settle(p, fits);
        if (task == null) {
            return taken();
        }
        Lookup lookup = p.lookup;
        if (lookup != null) {
            if (fits && response instanceof DhtResponse.Found found) {
                lookup.answered(p.contact.id(), found.nodes());
            } else {
                lookup.failed(p.contact.id());
            }
        } else {
            StoreRound round = round(p);
            round.ended(p.slow);
            round.answered(response);
            if (response instanceof DhtResponse.Done && p.request instanceof DhtRequest.AddProvider add) {
                task.taken.add(add.record().subject());
            }
        }
        pump(nowMillis, task);
        return taken();
    }

    private static StoreRound round(Pending p) {
        return Objects.requireNonNull(p.round, "a request of a task is either of a search or of storing");
    }

    private static boolean fits(DhtRequest request, DhtResponse response) {
        boolean asksForNodes = request instanceof DhtRequest.FindNodes
                || request instanceof DhtRequest.FindRecord
                || request instanceof DhtRequest.FindProviders;
        return asksForNodes == response instanceof DhtResponse.Found;
    }

    private void settle(Pending p, boolean answered) {
        if (p.task == null) {
            probed.remove(p.contact.id());
        }
        if (answered) {
            table.answered(p.contact);
        } else {
            table.failed(p.contact);
        }
    }

    /**
     * Takes that a request failed: nobody there, refused, or nonsense instead of an answer.
     *
     * @param nowMillis the time
     * @param call which request
     * @return what to do next
     */
    public List<DhtAction> onFailure(long nowMillis, long call) {
        fail(nowMillis, call);
        return taken();
    }

    private void fail(long now, long call) {
        Pending p = pending.remove(call);
        if (p == null) {
            return;
        }
        settle(p, false);
        Task task = p.task;
        if (task == null) {
            return;
        }
        Lookup lookup = p.lookup;
        if (lookup != null) {
            lookup.failed(p.contact.id());
        } else {
            round(p).ended(p.slow);
        }
        pump(now, task);
    }

    /**
     * Lets time pass.
     *
     * @param nowMillis the time
     * @return what to do next
     */
    public List<DhtAction> onTick(long nowMillis) {
        for (Timer t = timers.peek(); t != null && t.atMillis <= nowMillis; t = timers.peek()) {
            timers.remove();
            if (t.last) {
                fail(nowMillis, t.call);
            } else {
                slow(nowMillis, t.call);
            }
        }
        if (nowMillis >= nextExpiry) {
            nextExpiry = nowMillis + EXPIRY_ROUND_MILLIS;
            store.expire(nowMillis);
        }
        if (nowMillis >= nextRefresh) {
            nextRefresh = nowMillis + settings.refreshMillis();
            toRefresh.add(refreshes++ % 2 == 0 ? Position.random(random) : self.position());
        }
        refresh(nowMillis);
        return taken();
    }

    private void slow(long now, long call) {
        Pending p = pending.get(call);
        if (p == null || p.task == null) {
            return;
        }
        p.slow = true;
        if (p.lookup != null) {
            p.lookup.slow(p.contact.id());
        } else {
            round(p).slow();
        }
        pump(now, p.task);
    }

    /** Keeps the table fresh, one search at a time. */
    private void refresh(long now) {
        if (!refreshing && !toRefresh.isEmpty() && table.size() > 0) {
            refreshing = true;
            begin(now, INTERNAL, new DhtOperation.FindClosest(toRefresh.remove()));
        }
    }

    /**
     * When {@link #onTick} has something to do.
     *
     * @return the time, perhaps in the past
     */
    public long nextTickMillis() {
        long next = Math.min(nextRefresh, nextExpiry);
        Timer first = timers.peek();
        return first == null ? next : Math.min(next, first.atMillis);
    }

    /**
     * About how many nodes take part.
     *
     * @return at least 1
     */
    public double estimatedNodes() {
        return size.isKnown() ? size.nodes() : table.size() + 1;
    }

    /**
     * How many nodes are known.
     *
     * @return nodes in the table
     */
    public int knownNodes() {
        return table.size();
    }

    /**
     * How many records and statements are kept for others.
     *
     * @return their number
     */
    public int keptRecords() {
        return store.count();
    }

    private List<DhtAction> taken() {
        List<DhtAction> result = List.copyOf(actions);
        actions.clear();
        return result;
    }

    // ---------------------------------------------------------------- operations

    private void pump(long now, Task task) {
        boolean on = true;
        while (on && !task.finished) {
            StoreRound round = task.round;
            on = round == null ? search(now, task) : store(now, task, round);
        }
    }

    /** Goes on searching; whether what follows the search can begin. */
    private boolean search(long now, Task task) {
        if (task.hasEnough()) {
            finish(task, new DhtOutcome.Providers(List.copyOf(task.providers.values())));
            return false;
        }
        Lookup lookup = task.lookup;
        for (Contact contact : lookup.next()) {
            call(now, contact, task.question(), task, lookup);
        }
        if (!lookup.isSettled()) {
            return false;
        }
        if (task.way == Task.Way.STRAIGHT && looksForged(task)) {
            task.way = Task.Way.AROUND;
            task.detours.addAll(around(lookup.target()));
        }
        if (task.way == Task.Way.AROUND) {
            lookAround(task);
            return true;
        }
        return searched(now, task);
    }

    /** Points beside a key, at the distances where its nearest nodes should be. */
    private List<Position> around(Position key) {
        int depth = depth();
        List<Position> points = new ArrayList<>();
        for (int bit = Math.max(0, depth - 1); bit <= depth + 2; bit++) {
            points.add(new Position(key.a() ^ Long.MIN_VALUE >>> bit, key.b(), key.c(), key.d()));
        }
        return points;
    }

    /**
     * Nodes name only those nearest to a point, so many identities made for one key hide all others there. Searches beside the
     * key find these; then the nearest of all are asked about the key once more.
     */
    private void lookAround(Task task) {
        int most = WIDE_FACTOR * settings.bucketSize();
        if (task.key == null) {
            task.key = task.lookup.target();
        }
        task.gathered.addAll(task.lookup.closest(most));
        Position detour = task.detours.poll();
        if (detour != null) {
            task.lookup = lookup(detour, settings.disjointPaths());
            return;
        }
        List<Contact> seeds = new ArrayList<>(task.gathered);
        seeds.sort(ContactTable.byDistance(task.key));
        task.way = Task.Way.WIDE;
        task.lookup = lookup(task.key, most, 1, seeds.subList(0, Math.min(most, seeds.size())));
    }

    /** Whether the nodes around a record's key lie as chance would not put them; asked once. */
    private boolean looksForged(Task task) {
        int k = settings.bucketSize();
        List<Contact> nearest = task.lookup.closest(k);
        if (nearest.size() < k || task.suspicious) {
            return false;
        }
        double share = task.lookup.target().distanceShare(nearest.get(k - 1).position());
        if (task.wish instanceof DhtOperation.FindClosest || task.wish instanceof DhtOperation.Join) {
            size.observe(k, share);
            return false;
        }
        boolean aboutRecords = task.wish instanceof DhtOperation.Put || task.wish instanceof DhtOperation.Get;
        task.suspicious = aboutRecords && size.isSuspicious(k, share);
        return task.suspicious;
    }

    private boolean searched(long now, Task task) {
        int k = settings.bucketSize();
        DhtOperation wish = task.wish;
        if (wish instanceof DhtOperation.Get) {
            finish(task, new DhtOutcome.Record(Optional.ofNullable(task.best)));
            return false;
        }
        if (wish instanceof DhtOperation.FindProviders find) {
            if (task.providers.isEmpty() && !task.thorough && settings.disjointPaths() > 1) {
                task.thorough = true;
                task.lookup = lookup(Position.of(DhtKeys.ofProviders(find.subject())), settings.disjointPaths());
                return true;
            }
            finish(task, new DhtOutcome.Providers(List.copyOf(task.providers.values())));
            return false;
        }
        if (wish instanceof DhtOperation.Put put) {
            int copies = task.suspicious ? WIDE_FACTOR * k : k;
            begin(now, task, new DhtRequest.PutRecord(put.record(), put.replaces()), task.lookup.closest(copies));
            return true;
        }
        if (wish instanceof DhtOperation.Provide provide) {
            begin(now, task, new DhtRequest.AddProvider(provide.record()), task.lookup.closest(k));
            return true;
        }
        if (wish instanceof DhtOperation.Republish) {
            StoreRound round = new StoreRound();
            List<Contact> nodes = task.lookup.closest(SWEEP_FACTOR * k);
            for (ProviderRecord record : task.regions.getFirst()) {
                nodes.sort(ContactTable.byDistance(Position.of(record.key())));
                nodes.stream().limit(k).forEach(c -> round.add(c, new DhtRequest.AddProvider(record)));
            }
            task.round = round;
            return true;
        }
        if (wish instanceof DhtOperation.Join) {
            int deepest = Math.min(table.deepest().orElse(0), MOST_REFRESHED);
            for (int bits = 0; bits < deepest; bits++) {
                toRefresh.add(self.position().neighbour(bits, random));
            }
            refresh(now);
        }
        finish(task, new DhtOutcome.Closest(task.lookup.closest(k), task.suspicious));
        return false;
    }

    /** Stores on the nodes found, and here if this is one of the nearest. */
    private void begin(long now, Task task, DhtRequest request, List<Contact> nodes) {
        StoreRound round = new StoreRound();
        nodes.forEach(c -> round.add(c, request));
        boolean near = nodes.size() < settings.bucketSize()
                || task.lookup
                                .target()
                                .compareDistance(
                                        self.position(),
                                        nodes.get(nodes.size() - 1).position())
                        < 0;
        if (mode == DhtMode.SERVER && near) {
            round.answered(answer(now, self.id(), request));
        }
        task.round = round;
    }

    /** Goes on storing; whether a further search can begin. */
    private boolean store(long now, Task task, StoreRound round) {
        while (round.hasNext()) {
            StoreRound.Step step = round.next();
            call(now, step.to(), step.request(), task, null);
        }
        if (!round.isOver()) {
            return false;
        }
        if (task.wish instanceof DhtOperation.Republish) {
            task.regions.removeFirst();
            if (!task.regions.isEmpty()) {
                task.round = null;
                task.lookup = sweep(task.regions.getFirst());
                return true;
            }
            finish(task, new DhtOutcome.Stored(task.taken.size(), -1, false));
            return false;
        }
        finish(task, round.outcome());
        return false;
    }

    private void finish(Task task, DhtOutcome outcome) {
        task.finished = true;
        if (task.operation == INTERNAL) {
            refreshing = false;
        } else {
            operations--;
            actions.add(new DhtAction.Finished(task.operation, outcome));
        }
    }
}
