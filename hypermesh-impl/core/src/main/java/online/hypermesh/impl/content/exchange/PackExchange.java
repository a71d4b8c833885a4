package online.hypermesh.impl.content.exchange;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.content.PackSink;
import online.hypermesh.impl.content.PackSource;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A node's side of content: keeps packs for clients, passes each on to the other validators, fetches what it lacks, and
 * attests what it holds durably. A peer that fails is left alone for a moment, so that one dead peer hardly slows anybody;
 * what it missed it fetches when asked to attest, or in {@link #repair}. Uses services {@value #PUT_SERVICE} to
 * {@value #COMMIT_SERVICE} of the messenger. Thread-safe.
 */
public final class PackExchange implements PackSink, PackSource, AutoCloseable {
    /** Service that stores a pack. */
    public static final int PUT_SERVICE = 20;

    /** Service that gives a pack. */
    public static final int GET_SERVICE = 21;

    /** Service that attests packs. */
    public static final int COMMIT_SERVICE = 22;

    private static final Logger LOG = System.getLogger(PackExchange.class.getName());
    private static final long FULL_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final Duration LAST_RESORT_DEADLINE = Duration.ofSeconds(2);
    private static final int CLIENT_COMMITS = 4;
    private static final int ATTESTS = 6;
    private static final int ATTESTS_PER_VALIDATOR = 2;

    private final NetworkId network;
    private final SigningKey nodeKey;
    private final Messenger messenger;
    private final PackStorage storage;
    private final PackAccess access;
    private final ExchangeSettings settings;
    private final int required;
    private final boolean validator;
    private final Map<NodeId, PeerLane> lanes = new TreeMap<>();
    private final Map<NodeId, String> names = new TreeMap<>();
    private final BoundedWorkers workers;
    private final Semaphore clientCommits = new Semaphore(CLIENT_COMMITS);
    private final Semaphore attests = new Semaphore(ATTESTS);
    private final Map<NodeId, Semaphore> attestsFor = new TreeMap<>();

    /**
     * Creates the exchange and offers its services.
     *
     * @param genesis validators and number of replicas
     * @param nodeKey this node's key; signs receipts
     * @param messenger reaches the other validators; not closed
     * @param storage where packs are kept; not closed
     * @param access which clients are served
     * @param settings windows and deadlines
     */
    public PackExchange(
            Genesis genesis,
            SigningKey nodeKey,
            Messenger messenger,
            PackStorage storage,
            PackAccess access,
            ExchangeSettings settings) {
        this.network = genesis.networkId();
        this.nodeKey = nodeKey;
        this.messenger = messenger;
        this.storage = storage;
        this.access = access;
        this.settings = settings;
        this.required = StorageReceipt.required(genesis);
        NodeId self = NodeId.of(nodeKey.verifyKey());
        boolean member = false;
        for (GenesisValidator v : genesis.validators()) {
            names.put(v.nodeId(), v.name());
            attestsFor.put(v.nodeId(), new Semaphore(ATTESTS_PER_VALIDATOR));
            if (v.nodeId().equals(self)) {
                member = true;
            } else {
                lanes.put(v.nodeId(), new PeerLane(v.nodeId(), settings.window(), settings.pauseAfterFailure()));
            }
        }
        this.validator = member;
        int peers = Math.max(1, lanes.size());
        this.workers = new BoundedWorkers("pack-exchange", Math.min(64, peers * settings.window()), 1024);
        messenger.serve(PUT_SERVICE, ExchangeMessages.MAX_PUT_BYTES, false, this::onPut);
        messenger.serve(GET_SERVICE, ExchangeMessages.MAX_ID_REQUEST_BYTES, false, this::onGet);
        messenger.serve(COMMIT_SERVICE, ExchangeMessages.MAX_ID_REQUEST_BYTES, false, this::onCommit);
    }

    /**
     * Stores a pack here and starts passing it on; waits while a live peer's window is full, at most half
     * a second.
     *
     * @param pack its bytes
     * @return its id
     * @throws HypermeshException LIMIT_EXCEEDED or STORAGE_FAILED of the local store
     */
    @Override
    public Digest put(byte[] pack) {
        Digest id = storage.put(pack);
        byte[] message = ExchangeMessages.put(ExchangeMessages.REPLICA, pack);
        for (PeerLane lane : lanes.values()) {
            forward(lane, message);
        }
        return id;
    }

    /** Syncs the local store; the other validators sync when they attest. */
    @Override
    public void flush() {
        storage.sync();
    }

    /**
     * A pack from the local store, or else from a peer; then it is kept.
     *
     * @param id its id
     * @return its bytes, checked, if anybody reachable has it
     */
    @Override
    public Optional<byte[]> get(Digest id) {
        Optional<byte[]> local = local(id);
        return local.isPresent() ? local : fetch(id, Optional.empty());
    }

    /**
     * Has a pack list and its packs attested by this node and other validators until there are enough receipts. Validators
     * that lack something fetch it first.
     *
     * @param packListId id of the pack list
     * @return receipts of distinct validators, as many as acknowledge content or more
     * @throws HypermeshException QUORUM_UNREACHABLE naming who is silent, NOT_FOUND when a pack is nowhere, MALFORMED when
     *     the id is of no pack list
     */
    public List<StorageReceipt> commit(Digest packListId) {
        StorageReceipt own = attest(packListId, Optional.empty());
        AttestRound round = new AttestRound(
                own, validator, required, lanes.values(), settings, (peer, left) -> ask(peer, own, left));
        List<StorageReceipt> receipts = round.collect();
        if (receipts.size() >= required) {
            return receipts;
        }
        StringBuilder silent = new StringBuilder();
        round.failures()
                .forEach((id, why) -> silent.append(silent.length() == 0 ? "" : "; ")
                        .append(names.getOrDefault(id, id.toShortString()))
                        .append(" (")
                        .append(why)
                        .append(')'));
        throw new HypermeshException(
                Code.QUORUM_UNREACHABLE,
                Retry.WHOLE_OPERATION,
                receipts.size() + " of " + names.size() + " validators hold pack list " + packListId.toShortHex()
                        + "… durably within " + settings.commitDeadline().toMillis() + " ms; " + required
                        + " needed. Silent: " + silent + ". Start them, or check the network between");
    }

    /**
     * Fetches what this node lacks of an asset.
     *
     * @param asset a finalized asset
     * @return number of packs fetched
     * @throws HypermeshException NOT_FOUND when a pack is nowhere, MALFORMED
     */
    public int repair(Asset asset) {
        return complete(asset.packListId(), Optional.empty()).fetched;
    }

    /** Stops passing packs on; idempotent. The messenger's services refuse from now on. */
    @Override
    public void close() {
        workers.close();
        lanes.values().forEach(PeerLane::close);
    }

    private byte[] onPut(PeerIdentity peer, byte[] body) {
        ExchangeMessages.Put put = ExchangeMessages.readPut(body);
        admit(peer, put.kind(), PackAccess.Operation.PUT);
        return ExchangeMessages.stored(
                put.kind() == ExchangeMessages.REPLICA ? storage.put(put.pack()) : put(put.pack()));
    }

    private byte[] onGet(PeerIdentity peer, byte[] body) {
        ExchangeMessages.IdRequest request = ExchangeMessages.readIdRequest(body);
        admit(peer, request.kind(), PackAccess.Operation.GET);
        return ExchangeMessages.found(
                request.kind() == ExchangeMessages.REPLICA ? local(request.id()) : get(request.id()));
    }

    private byte[] onCommit(PeerIdentity peer, byte[] body) {
        ExchangeMessages.IdRequest request = ExchangeMessages.readIdRequest(body);
        admit(peer, request.kind(), PackAccess.Operation.COMMIT);
        if (request.kind() != ExchangeMessages.REPLICA) {
            return atAPlace(clientCommits, CLIENT_COMMITS, () -> ExchangeMessages.receipts(commit(request.id())));
        }
        // one validator whose packs are slow to fetch does not hold the places of the others
        Semaphore share = Objects.requireNonNull(attestsFor.get(peer.id()), "only validators are admitted");
        return atAPlace(
                share,
                ATTESTS_PER_VALIDATOR,
                () -> atAPlace(
                        attests,
                        ATTESTS,
                        () -> ExchangeMessages.receipts(List.of(attest(request.id(), Optional.of(peer.id()))))));
    }

    private static byte[] atAPlace(Semaphore places, int limit, Supplier<byte[]> work) {
        if (!places.tryAcquire()) {
            // waiting here would keep the threads from those whom others wait for
            throw new HypermeshException(
                    Code.BUSY, Retry.SAME_CALL, limit + " commits are under way at this node; ask again in a moment");
        }
        try {
            return work.get();
        } finally {
            places.release();
        }
    }

    private void admit(PeerIdentity peer, int kind, PackAccess.Operation operation) {
        Optional<String> refusal = kind == ExchangeMessages.REPLICA
                ? names.containsKey(peer.id())
                        ? Optional.empty()
                        : Optional.of("only validators exchange replicas; "
                                + peer.id().toShortString() + " is none")
                : access.refusal(peer, operation);
        if (refusal.isPresent()) {
            throw new HypermeshException(Code.DENIED, Retry.NEVER, operation + " of packs refused: " + refusal.get());
        }
    }

    private Optional<byte[]> local(Digest id) {
        try {
            return storage.get(id);
        } catch (HypermeshException e) {
            if (e.code() == Code.CORRUPTED) {
                LOG.log(Level.WARNING, "pack {0} is fetched from a peer: {1}", id.toShortHex(), e.getMessage());
                return Optional.empty();
            }
            throw e;
        }
    }

    private void forward(PeerLane lane, byte[] message) {
        long ticket;
        try {
            ticket = lane.enter(FULL_WINDOW_NANOS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (ticket < 0) {
            return;
        }
        boolean started = workers.offer(() -> {
            try {
                messenger.request(lane.peer(), PUT_SERVICE, message, settings.packDeadline());
                lane.succeed();
            } catch (StoqException e) {
                lane.fail(e.code().name());
            } finally {
                lane.leave(ticket);
            }
        });
        if (!started) {
            lane.fail("too many packs wait for their turn");
            lane.leave(ticket);
        }
    }

    /**
     * Asks the peers that answer, then, rather than call a pack lost, those that lately did not.
     *
     * @throws HypermeshException QUORUM_UNREACHABLE when nobody gave the pack and somebody did not answer
     */
    private Optional<byte[]> fetch(Digest id, Optional<NodeId> first) {
        List<PeerLane> order = new ArrayList<>();
        first.map(lanes::get).ifPresent(order::add);
        lanes.values().stream().filter(l -> !order.contains(l) && !l.failing()).forEach(order::add);
        lanes.values().stream().filter(l -> !order.contains(l)).forEach(order::add);
        List<PeerLane> paused = new ArrayList<>();
        for (PeerLane lane : order) {
            if (lane.mayTry()) {
                Optional<byte[]> pack = fetchFrom(lane, id, settings.packDeadline());
                if (pack.isPresent()) {
                    return pack;
                }
            } else {
                paused.add(lane);
            }
        }
        for (PeerLane lane : paused) {
            Optional<byte[]> pack = fetchFrom(lane, id, shorter(settings.packDeadline(), LAST_RESORT_DEADLINE));
            if (pack.isPresent()) {
                return pack;
            }
        }
        if (order.stream().anyMatch(PeerLane::failing)) {
            throw new HypermeshException(
                    Code.QUORUM_UNREACHABLE,
                    Retry.SAME_CALL,
                    "Pack " + id + " is not here, and not every validator that may have it answered: "
                            + order.stream()
                                    .filter(PeerLane::failing)
                                    .map(l -> names.getOrDefault(
                                                    l.peer(), l.peer().toShortString()) + " (" + l.failure() + ")")
                                    .collect(Collectors.joining("; "))
                            + ". Ask again when they are up");
        }
        return Optional.empty();
    }

    private Optional<byte[]> fetchFrom(PeerLane lane, Digest id, Duration deadline) {
        byte[] message = ExchangeMessages.idRequest(ExchangeMessages.REPLICA, id);
        try {
            Optional<byte[]> pack =
                    ExchangeMessages.readFound(messenger.request(lane.peer(), GET_SERVICE, message, deadline));
            if (pack.isPresent() && !Digest.sha256(pack.get()).equals(id)) {
                lane.fail("gave other bytes for pack " + id.toShortHex());
                return Optional.empty();
            }
            lane.succeed();
            pack.ifPresent(storage::put);
            return pack;
        } catch (StoqException e) {
            lane.fail(e.code().name());
        } catch (CborException e) {
            lane.fail("gave a malformed answer");
        }
        return Optional.empty();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private StorageReceipt attest(Digest packListId, Optional<NodeId> first) {
        Completion completion = complete(packListId, first);
        return StorageReceipt.sign(
                network, nodeKey, packListId, completion.list.packs().size(), completion.list.storedBytes());
    }

    private record Completion(PackList list, int fetched) {}

    /** Makes every pack of a list local and durable, and checks the announced sum of lengths. */
    private Completion complete(Digest packListId, Optional<NodeId> first) {
        int[] fetched = new int[1];
        PackList list = PackList.read(packListId, id -> {
            Optional<byte[]> local = local(id);
            if (local.isPresent()) {
                return local.get();
            }
            fetched[0]++;
            return fetch(id, first).orElseThrow(() -> nowhere(id));
        });
        Deque<Future<Boolean>> underWay = new ArrayDeque<>();
        Deque<Digest> ids = new ArrayDeque<>();
        for (Digest id : list.packs()) {
            if (storage.contains(id)) {
                continue;
            }
            fetched[0]++;
            if (underWay.size() == settings.window()) {
                finish(underWay.removeFirst(), ids.removeFirst());
            }
            underWay.addLast(workers.submit(() -> fetch(id, first).isPresent()));
            ids.addLast(id);
        }
        while (!underWay.isEmpty()) {
            finish(underWay.removeFirst(), ids.removeFirst());
        }
        requireLength(packListId, list);
        storage.sync();
        return new Completion(list, fetched[0]);
    }

    private void requireLength(Digest packListId, PackList list) {
        long bytes = 0;
        for (Digest id : list.packs()) {
            bytes += storage.length(id).orElseThrow(() -> nowhere(id));
        }
        if (bytes != list.storedBytes()) {
            throw new HypermeshException(
                    Code.MALFORMED,
                    Retry.NEVER,
                    "Pack list " + packListId + " announces " + list.storedBytes() + " bytes; its packs have " + bytes);
        }
    }

    private List<StorageReceipt> ask(NodeId peer, StorageReceipt own, Duration deadline) {
        List<StorageReceipt> answer = ExchangeMessages.readReceipts(messenger.request(
                peer,
                COMMIT_SERVICE,
                ExchangeMessages.idRequest(ExchangeMessages.REPLICA, own.packListId()),
                deadline));
        for (StorageReceipt r : answer) {
            if (!r.signerId().equals(peer)
                    || !r.network().equals(network)
                    || !r.packListId().equals(own.packListId())
                    || r.packCount() != own.packCount()
                    || r.storedBytes() != own.storedBytes()
                    || !r.signatureHolds()) {
                throw new HypermeshException(
                        Code.INVALID_SIGNATURE, Retry.NEVER, "gave a receipt for something else or of somebody else");
            }
        }
        return answer;
    }

    private void finish(Future<Boolean> fetch, Digest id) {
        try {
            if (!fetch.get()) {
                throw nowhere(id);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CodedException coded) {
                throw coded;
            }
            throw new IllegalStateException("fetching a pack failed", e.getCause());
        }
    }

    private static HypermeshException nowhere(Digest id) {
        return new HypermeshException(
                Code.NOT_FOUND,
                Retry.WHOLE_OPERATION,
                "Pack " + id + " is neither here nor at a reachable validator. Store the content again, without what"
                        + " the chunk index says of this pack");
    }

    static HypermeshException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new HypermeshException(
                Code.CLOSED, Retry.WHOLE_OPERATION, "The thread was interrupted while it waited for peers", cause);
    }
}
