package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.FollowingLightClient;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A client's way into a ledger over its channel to one node. In the mode {@link Mode#BUNDLES} operations that wait while
 * others are under way leave together under one signature; in {@link Mode#SINGLE} each is signed by itself. Either way an
 * outcome is handed out only when its receipt, which the node need not be trusted for, holds. Nonces are the session's own:
 * a sender has one session at a time. An entry that is not answered in time is sent again as it is; its nonces see to it that
 * it executes once. Thread-safe.
 */
public final class LedgerSession implements AutoCloseable {
    /** How a session authenticates its operations. */
    public enum Mode {
        /** One signature for the operations that leave together. */
        BUNDLES,
        /** One signature for each operation. */
        SINGLE
    }

    /** Operations that may wait for a bundle to leave. */
    public static final int MAX_WAITING = 65_536;

    private static final int BUNDLE_OVERHEAD_BYTES = 256;
    private static final int OPERATION_OVERHEAD_BYTES = 48;
    private static final long REPEAT_MILLIS = 1000;
    private static final long GIVE_UP_MILLIS = 60_000;

    private record Waiting(Bundle.Operation operation, CompletableFuture<Outcome> outcome) {}

    private static final class Sent {
        private final BodyEntry entry;
        private final List<CompletableFuture<Outcome>> outcomes;
        private final long number;
        private final long sinceMillis;
        private long repeatMillis;

        Sent(BodyEntry entry, List<CompletableFuture<Outcome>> outcomes, long number, long nowMillis) {
            this.entry = entry;
            this.outcomes = outcomes;
            this.number = number;
            this.sinceMillis = nowMillis;
            this.repeatMillis = nowMillis + REPEAT_MILLIS;
        }

        byte[] message() {
            return new SessionMessage.Submit(number, entry).encode();
        }
    }

    private static final Logger LOG = System.getLogger(LedgerSession.class.getName());
    private static final Duration HAND_OVER_TIMEOUT = Duration.ofSeconds(5);

    private final Genesis genesis;
    private final SigningKey key;
    private final Messenger messenger;
    private final NodeId node;
    private final Mode mode;
    private final int maxUnderWay;
    private final LightClient verifier;
    private final ScheduledExecutorService timer;
    private final Object provenLock = new Object();
    private ProvenPosition proven = ProvenPosition.NOTHING;

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    /** In the order of their nonces, in which they are also repeated. */
    private final Map<Long, Sent> sent = new TreeMap<>();

    private long nonce;
    private long number;
    private int settling;
    private boolean closed;

    /**
     * Opens a session. The messenger is the session's as far as the service of submissions is concerned, and has a route to
     * the node.
     *
     * @param genesis the founding document
     * @param key the sender's node key, which is also the messenger's
     * @param messenger speaks for the sender
     * @param node who takes the operations in
     * @param mode how they are authenticated
     * @param maxUnderWay bundles, or single transactions, under way at once, at least 1; what comes meanwhile waits
     * @param firstNonce above every nonce the sender used before; a clock in microseconds serves
     */
    public LedgerSession(
            Genesis genesis,
            SigningKey key,
            Messenger messenger,
            NodeId node,
            Mode mode,
            int maxUnderWay,
            long firstNonce) {
        this(genesis, key, messenger, node, mode, maxUnderWay, firstNonce, new CertificateLightClient(genesis));
    }

    /**
     * Opens a session that begins with what a light client knows already: a network that is older than the light client's
     * trust period is joined from a {@linkplain CertificateLightClient#fromCheckpoint checkpoint}.
     *
     * @param genesis the founding document
     * @param key the sender's node key, which is also the messenger's
     * @param messenger speaks for the sender
     * @param node who takes the operations in
     * @param mode how they are authenticated
     * @param maxUnderWay bundles, or single transactions, under way at once, at least 1; what comes meanwhile waits
     * @param firstNonce above every nonce the sender used before; a clock in microseconds serves
     * @param lightClient checks the answers; the session asks the node for hand-overs and shows them to it
     */
    public LedgerSession(
            Genesis genesis,
            SigningKey key,
            Messenger messenger,
            NodeId node,
            Mode mode,
            int maxUnderWay,
            long firstNonce,
            LightClient lightClient) {
        if (maxUnderWay < 1) {
            throw new IllegalArgumentException("maxUnderWay must be >= 1, was " + maxUnderWay);
        }
        this.genesis = genesis;
        this.key = key;
        this.messenger = messenger;
        this.node = node;
        this.mode = mode;
        this.maxUnderWay = maxUnderWay;
        this.nonce = firstNonce;
        this.verifier = new FollowingLightClient(lightClient, this::handOver);
        this.timer = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread t = new Thread(r, "ledger-session");
            t.setDaemon(true);
            return t;
        });
        messenger.receive(SessionMessage.SERVICE, SessionMessage.maxAnswerBytes(), true, this::receive);
        timer.scheduleWithFixedDelay(this::repeat, REPEAT_MILLIS, REPEAT_MILLIS / 4, TimeUnit.MILLISECONDS);
    }

    /**
     * Has an operation executed.
     *
     * @param module name of the module
     * @param payload the module's instruction
     * @return what came of it, proven; or a {@link HypermeshException}: BUSY when too many wait, and what the node refuses
     */
    public CompletionStage<Outcome> execute(String module, byte[] payload) {
        return executeAll(List.of(new Bundle.Operation(module, payload))).get(0);
    }

    /**
     * Has operations executed, in their order.
     *
     * @param operations at least one
     * @return what came of each
     */
    public List<CompletableFuture<Outcome>> executeAll(List<Bundle.Operation> operations) {
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>(operations.size());
        synchronized (this) {
            for (Bundle.Operation operation : operations) {
                CompletableFuture<Outcome> outcome = new CompletableFuture<>();
                outcomes.add(outcome);
                if (closed) {
                    outcome.completeExceptionally(closedFailure());
                } else if (waiting.size() >= MAX_WAITING) {
                    outcome.completeExceptionally(new HypermeshException(
                            Code.BUSY, Retry.SAME_CALL, MAX_WAITING + " operations wait already; wait for outcomes"));
                } else {
                    waiting.add(new Waiting(operation, outcome));
                }
            }
            fill();
        }
        return outcomes;
    }

    /**
     * Makes entries of what waits and sends them, as far as there is room. They leave under the lock, because an entry whose
     * nonce is overtaken by a later one can never be executed; sending does not block.
     */
    private void fill() {
        List<Sent> together = new ArrayList<>();
        int room = genesis.parameters().maxTransactionBytes();
        while (settling == 0 && !waiting.isEmpty() && sent.size() < maxUnderWay) {
            List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
            BodyEntry entry = mode == Mode.BUNDLES ? bundle(outcomes) : single(outcomes);
            number++;
            Sent made = new Sent(entry, outcomes, number, nowMillis());
            sent.put(number, made);
            int bytes = entry.encodedLength() + SessionMessage.HEAD_BYTES;
            if (bytes > room || together.size() == SessionMessage.MAX_TOGETHER) {
                send(together);
                together.clear();
                room = genesis.parameters().maxTransactionBytes();
            }
            room -= bytes;
            together.add(made);
        }
        send(together);
    }

    /** One message of entries with consecutive numbers. */
    private void send(List<Sent> together) {
        if (together.size() == 1) {
            messenger.send(node, SessionMessage.SERVICE, together.get(0).message());
        } else if (!together.isEmpty()) {
            List<BodyEntry> entries = together.stream().map(s -> s.entry).toList();
            messenger.send(
                    node,
                    SessionMessage.SERVICE,
                    new SessionMessage.SubmitAll(together.get(0).number, entries).encode());
        }
    }

    private BodyEntry single(List<CompletableFuture<Outcome>> outcomes) {
        Waiting next = waiting.remove();
        outcomes.add(next.outcome);
        Bundle.Operation operation = next.operation;
        return Transaction.sign(genesis.networkId(), key, nonce++, operation.module(), operation.payload());
    }

    private BodyEntry bundle(List<CompletableFuture<Outcome>> outcomes) {
        List<Bundle.Operation> operations = new ArrayList<>();
        int room = genesis.parameters().maxTransactionBytes() - BUNDLE_OVERHEAD_BYTES;
        Waiting next = waiting.peek();
        while (next != null && operations.size() < Bundle.MAX_TRANSACTIONS) {
            int bytes = next.operation.payload().length + OPERATION_OVERHEAD_BYTES;
            if (bytes > room && !operations.isEmpty()) {
                break;
            }
            room -= bytes;
            operations.add(next.operation);
            outcomes.add(next.outcome);
            waiting.remove();
            next = waiting.peek();
        }
        Bundle made = Bundle.sign(genesis.networkId(), key, nonce, operations);
        nonce += operations.size();
        return made;
    }

    private byte[] receive(PeerIdentity peer, byte[] body) {
        if (!peer.id().equals(node)) {
            return new byte[0];
        }
        SessionMessage message;
        try {
            message = SessionMessage.decode(body);
        } catch (CborException | IllegalArgumentException e) {
            return new byte[0]; // the entry is sent again
        }
        if (message instanceof SessionMessage.BundleDone m) {
            bundleDone(m.number(), m.receipt());
        } else if (message instanceof SessionMessage.Done m) {
            done(m.number(), m.receipt());
        } else if (message instanceof SessionMessage.DoneAll m) {
            doneAll(m);
        } else if (message instanceof SessionMessage.Refused m) {
            refused(m);
        }
        return new byte[0];
    }

    private void bundleDone(long answered, BundleReceipt receipt) {
        Sent s;
        synchronized (this) {
            s = sent.get(answered);
        }
        if (s == null
                || !(s.entry instanceof Bundle bundle)
                || !receipt.bundleId().equals(bundle.id())
                || receipt.outcomes().size() != s.outcomes.size()) {
            return;
        }
        following(
                receipt.header().epoch(),
                () -> settle(answered, s, seen(receipt.header(), verifier.verify(receipt)), receipt.outcomes()));
    }

    /** What the answers make room for leaves together. */
    private void doneAll(SessionMessage.DoneAll m) {
        synchronized (this) {
            settling++;
        }
        try {
            m.receipts().forEach(d -> done(d.number(), d.receipt()));
        } finally {
            end();
        }
    }

    private void done(long answered, Receipt receipt) {
        Sent s;
        synchronized (this) {
            s = sent.get(answered);
        }
        if (s == null
                || !(s.entry instanceof Transaction transaction)
                || !receipt.transactionId().equals(transaction.id())) {
            return;
        }
        following(
                receipt.header().epoch(),
                () -> settle(
                        answered, s, seen(receipt.header(), verifier.verify(receipt)), List.of(receipt.outcome())));
    }

    private Verdict seen(BlockHeader header, Verdict verdict) {
        if (verdict.accepted()) {
            synchronized (provenLock) {
                proven = proven.later(ProvenPosition.of(header));
            }
        }
        return verdict;
    }

    /** The newest header that was proven final to this session. */
    ProvenPosition proven() {
        synchronized (provenLock) {
            return proven;
        }
    }

    Verdict believed(StateProof proof) {
        return seen(proof.header(), verifier.verify(proof));
    }

    Messenger messenger() {
        return messenger;
    }

    NodeId node() {
        return node;
    }

    /** Receipts of an epoch whose validators are not known yet are settled where questions may be asked. */
    private void following(long epoch, Runnable settling) {
        if (epoch <= verifier.newestEpoch()) {
            settling.run();
            return;
        }
        try {
            timer.execute(settling);
        } catch (RejectedExecutionException ended) {
            LOG.log(Level.DEBUG, "An answer came after the session's end", ended);
        }
    }

    private Optional<HandOver> handOver(long epoch) {
        try {
            return HistoryService.decode(
                    messenger.request(node, HistoryService.SERVICE, HistoryService.request(epoch), HAND_OVER_TIMEOUT));
        } catch (StoqException | CborException | IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "The node does not say how epoch " + epoch + " ended", e);
            return Optional.empty();
        }
    }

    private void settle(long answered, Sent s, Verdict verdict, List<Outcome> outcomes) {
        if (begin(answered)) {
            for (int i = 0; i < outcomes.size(); i++) {
                if (verdict instanceof Verdict.Rejected r) {
                    s.outcomes
                            .get(i)
                            .completeExceptionally(new HypermeshException(
                                    r.code(),
                                    Retry.WHOLE_OPERATION,
                                    "The node's receipt does not hold: " + r.detail()));
                } else {
                    s.outcomes.get(i).complete(outcomes.get(i));
                }
            }
            end();
        }
    }

    /** An entry was answered; whoever hears of it and has something more to do shares the next bundle. */
    private synchronized boolean begin(long answered) {
        if (sent.remove(answered) == null) {
            return false;
        }
        settling++;
        return true;
    }

    private synchronized void end() {
        settling--;
        fill();
    }

    private void refused(SessionMessage.Refused m) {
        Sent s;
        synchronized (this) {
            s = sent.get(m.number());
            if (s == null) {
                return;
            }
            if (m.retryMillis() > 0) {
                s.repeatMillis = Math.min(s.repeatMillis, nowMillis() + m.retryMillis());
                timer.schedule(this::repeat, m.retryMillis(), TimeUnit.MILLISECONDS);
                return;
            }
        }
        if (begin(m.number())) {
            fail(s, new HypermeshException(m.code(), Retry.NEVER, m.detail()));
            end();
        }
    }

    private static void fail(Sent s, HypermeshException failure) {
        s.outcomes.forEach(o -> o.completeExceptionally(failure));
    }

    private void repeat() {
        List<byte[]> again = new ArrayList<>();
        List<Long> late = new ArrayList<>();
        List<Sent> lost = new ArrayList<>();
        synchronized (this) {
            long now = nowMillis();
            sent.forEach((n, s) -> {
                if (now - s.sinceMillis > GIVE_UP_MILLIS) {
                    late.add(n);
                    lost.add(s);
                } else if (now >= s.repeatMillis) {
                    s.repeatMillis = now + REPEAT_MILLIS;
                    again.add(s.message());
                }
            });
        }
        again.forEach(m -> messenger.send(node, SessionMessage.SERVICE, m));
        for (int i = 0; i < late.size(); i++) {
            if (begin(late.get(i))) {
                fail(
                        lost.get(i),
                        new HypermeshException(
                                Code.TIMEOUT,
                                Retry.WHOLE_OPERATION,
                                "No outcome within " + GIVE_UP_MILLIS + " ms; read the state before repeating it"));
                end();
            }
        }
    }

    private static long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private static HypermeshException closedFailure() {
        return new HypermeshException(Code.CLOSED, Retry.NEVER, "The session is closed");
    }

    /** Fails what waits and what is under way, which may execute nevertheless; the messenger stays open. */
    @Override
    public void close() {
        List<Sent> lost;
        List<Waiting> unsent;
        synchronized (this) {
            closed = true;
            lost = new ArrayList<>(sent.values());
            unsent = new ArrayList<>(waiting);
            sent.clear();
            waiting.clear();
        }
        timer.shutdownNow();
        lost.forEach(s -> fail(s, closedFailure()));
        unsent.forEach(w -> w.outcome.completeExceptionally(closedFailure()));
    }
}
