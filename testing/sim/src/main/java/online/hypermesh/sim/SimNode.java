package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Availability;
import online.hypermesh.impl.consensus.AvailabilityStatement;
import online.hypermesh.impl.consensus.ConsensusCore;
import online.hypermesh.impl.consensus.EpochView;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.ProvenAnswer;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.impl.consensus.VoteLog;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.impl.consensus.VoteSigner;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.impl.consensus.VotingKeys;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** One simulated machine: the production core and vote log between a simulated disk and the simulated network. Confined. */
final class SimNode {
    private static final long COMPACT_BYTES = 6_000;
    /** Small, so that batches are made of transactions of simulated size. */
    private static final int MAX_INLINE_BYTES = 400;

    final int index;
    /** Which validator the machine is; of two machines with one key, only one has its number. */
    private final int validator;

    final NodeId id;
    final boolean byzantine;
    final long clockSkewMillis;
    final List<FinalizedBlock> storage = new ArrayList<>();

    private final Simulation sim;
    private final SimSets sets;
    private final Parameters parameters;
    private final Mutant mutant;
    private final SimDisk disk;
    private final Set<VoteStatement> durableVotes = new HashSet<>();
    private final List<VoteStatement> writtenVotes = new ArrayList<>();
    private final HeldBatches batches;
    private final SplittableRandom random;
    private final @Nullable Adversary adversary;

    private EpochView decided = EpochView.START;
    private long compactAt = COMPACT_BYTES;
    private int durableBlocks;
    private int scannedBlocks;
    private long begunEpoch;
    private long rejoinedEpoch;
    private byte @Nullable [] keystoreLogId;
    private boolean logIdUnstored;
    private long lives;
    private @Nullable ConsensusCore core;
    private @Nullable SimTree tree;
    private @Nullable SimPool pool;
    private @Nullable VoteLog log;
    private SimClients.State registers = new SimClients.State();
    private Message.@Nullable Proposal lastProposal;

    SimNode(
            Simulation sim,
            int index,
            int validator,
            SimSets sets,
            Parameters parameters,
            boolean byzantine,
            Set<Tactic> tactics,
            Mutant mutant,
            SplittableRandom random) {
        this.sim = sim;
        this.index = index;
        this.validator = validator;
        this.sets = sets;
        this.id = sets.id(validator);
        this.parameters = parameters;
        this.byzantine = byzantine;
        this.mutant = mutant;
        this.random = random;
        this.adversary = byzantine && !tactics.isEmpty() ? new Adversary(sim, this, sets, tactics, random) : null;
        this.disk = new SimDisk(mutant == Mutant.LYING_DISK);
        this.batches = new HeldBatches(
                sim, sets, validator, MAX_INLINE_BYTES, sim.invariants().isInner());
        this.clockSkewMillis = random.nextInt(2_000) - 1_000L;
    }

    boolean isUp() {
        return core != null;
    }

    long finalizedHeight() {
        return storage.size();
    }

    long view() {
        return core == null ? 0 : core.view();
    }

    EpochView position() {
        return core == null ? EpochView.START : new EpochView(core.epoch(), core.view());
    }

    /** Whom this node speaks to. */
    ValidatorSet members() {
        return tree == null ? sets.set(0) : tree.validators();
    }

    String state() {
        return core == null
                ? "down"
                : core.signingState() + ", epoch " + core.epoch() + ", view " + core.view() + ", height "
                        + storage.size();
    }

    /** The epoch in which it last found out above which view it votes again; it may have to once more in the next. */
    long rejoinedEpoch() {
        return rejoinedEpoch;
    }

    boolean isIdle() {
        return pool == null || pool.isEmpty();
    }

    private long wall() {
        return sim.wallMillis() + clockSkewMillis;
    }

    /** Power on. */
    void start() {
        SimTree t = new SimTree(SimKeys.network(), sets, sim.shared());
        SimPool p = new SimPool(t);
        Finality head = null;
        registers = new SimClients.State();
        for (FinalizedBlock f : storage) {
            execute(f.block());
            if (!t.check(f.block()).accepted()) {
                throw new SimFailure(
                        "STORED_CHAIN_HOLDS",
                        "node " + index + " at " + f.block().header().height());
            }
            t.add(f.block());
            t.finalizeUpTo(f.block().id());
            boolean proven = !f.links().isEmpty()
                    || f.certificate().statement().blockId().equals(f.block().id());
            head = proven ? new Finality(f.certificate(), f.links()) : null;
        }
        SigningGuard guard = new SigningGuard(s -> sets.sign(validator, s));
        Recovered recovered = Recovered.NOTHING;
        StartMode mode = StartMode.CHECK_LOG;
        log = null;
        logIdUnstored = false;
        VoteLog.Opened opened = disk.exists() ? VoteLog.open(disk, parameters, SimKeys.network(), id) : null;
        if (keystoreLogId != null
                && (opened == null || !Arrays.equals(keystoreLogId, opened.log().id()))) {
            mode = mutant == Mutant.REJOIN_WITHOUT_FLOOR ? StartMode.FRESH : StartMode.REJOIN;
        } else if (opened != null) {
            log = opened.log();
            keystoreLogId = opened.log().id();
            recovered = Recovered.of(opened.records());
            durableVotes.clear();
            batches.recovered(recovered.batches(), t.epoch());
            recovered.votes().forEach(v -> durableVotes.add(v.statement()));
            recovered.votes().forEach(v -> guard.remember(v.statement()));
            if (!byzantine) {
                sim.invariants().recovered(index, recovered.floor(), recovered.votes());
            }
        } else {
            createLog();
            flushed();
        }
        writtenVotes.clear();
        tree = t;
        pool = p;
        VoteSigner signer = byzantine ? new Unguarded(sets, validator) : guard;
        ConsensusCore made = new ConsensusCore(
                new SimplexCore.Settings(
                        id, parameters, byzantine ? StartMode.FRESH : mode, ++lives * 1000 + index, MAX_INLINE_BYTES),
                t,
                p,
                new Keys(id, signer),
                byzantine ? Recovered.NOTHING : recovered,
                Optional.ofNullable(head));
        core = made;
        perform(made.start(sim.nowNanos(), wall()));
    }

    private void createLog() {
        byte[] logId = new byte[VoteLog.ID_LENGTH];
        for (int i = 0; i < logId.length; i++) {
            logId[i] = (byte) random.nextInt(256);
        }
        log = VoteLog.create(disk, parameters, logId, SimKeys.network(), id);
        logIdUnstored = true;
    }

    private void flushed() {
        VoteLog open = log;
        if (logIdUnstored && open != null) {
            keystoreLogId = open.id();
            logIdUnstored = false;
        }
    }

    /** What the blocks that this node holds final make of the clients' registers. */
    SimClients.State registers() {
        return registers;
    }

    private void execute(Block block) {
        SimClients clients = sim.clients();
        if (clients == null) {
            return;
        }
        for (Transaction t : block.transactions()) {
            if (t.module().equals(SimClients.MODULE)) {
                Optional<String> answer = registers.apply(t);
                if (core != null && !byzantine) {
                    clients.answered(index, t, answer);
                }
            }
        }
    }

    /** Power off; what was not synced may be lost. */
    void crash() {
        core = null;
        tree = null;
        pool = null;
        log = null;
        SimClients clients = sim.clients();
        if (clients != null) {
            clients.lost(index);
        }
        disk.crash(random);
        while (storage.size() > durableBlocks && random.nextInt(3) > 0) {
            storage.remove(storage.size() - 1);
        }
        durableBlocks = storage.size();
    }

    /** The machine is replaced by an empty one; the keystore survives. */
    void wipe() {
        if (core != null) {
            crash();
        }
        disk.wipe();
        storage.clear();
        durableBlocks = 0;
        scannedBlocks = 0;
        begunEpoch = 0;
        durableVotes.clear();
        batches.wiped();
    }

    void handle(Event event) {
        ConsensusCore running = core;
        SimPool waiting = pool;
        if (running == null || waiting == null) {
            return;
        }
        Event effective = event;
        if (event instanceof Event.Received r && r.message() instanceof Message.Gossip g) {
            List<BodyEntry> taken = g.entries().stream()
                    .filter(t -> waiting.offer(t).accepted())
                    .toList();
            effective = new Event.Taken(taken, false);
        } else if (event instanceof Event.Taken t && t.own()) {
            t.entries().forEach(waiting::offer);
        } else if (event instanceof Event.Received r && r.message() instanceof Message.Proposal p) {
            lastProposal = p;
        }
        if (adversary != null && event instanceof Event.Received r) {
            adversary.overhear(r.message());
        } else if (!byzantine && event instanceof Event.Received r) {
            batches.arrived(r.message());
        }
        try {
            List<Action> actions = running.on(sim.nowNanos(), wall(), effective);
            if (!byzantine && event instanceof Event.Received r && r.message() instanceof Message.BatchWanted m) {
                batches.answered(r.from(), m.id(), actions, tree());
            }
            perform(actions);
            if (core == running && random.nextInt(2) == 0) {
                running.settle();
            }
        } catch (HypermeshException halt) {
            if (!byzantine) {
                throw new SimFailure("HONEST_KEEPS_GOING", "node " + index + ": " + halt.getMessage());
            }
            core = running;
            forget();
        }
        if (core == running && !byzantine) {
            sim.invariants()
                    .bounded(
                            index,
                            running.footprint(),
                            running.early(),
                            members().size());
        }
    }

    /** When this node wants to be woken. */
    long deadlineNanos() {
        return core == null ? Long.MAX_VALUE : core.nextDeadlineNanos();
    }

    List<FinalizedBlock> serve(long fromHeight) {
        int from = (int) Math.max(0, fromHeight - 1);
        int to = Math.min(storage.size(), from + 20);
        List<FinalizedBlock> truth = from >= to ? List.of() : List.copyOf(storage.subList(from, to));
        if (!truth.isEmpty()) {
            FinalizedBlock last = truth.get(truth.size() - 1);
            truth = new ArrayList<>(truth);
            truth.set(truth.size() - 1, ProvenAnswer.prove(last, new Stored()));
        }
        return adversary == null ? truth : adversary.serve(truth);
    }

    /** What is stored here, as it is shown to who catches up. */
    private final class Stored implements ProvenAnswer.Chain {
        @Override
        public long newest() {
            return storage.size();
        }

        @Override
        public Optional<BlockHeader> header(long height) {
            return block(height).map(f -> f.block().header());
        }

        @Override
        public Optional<FinalizedBlock> block(long height) {
            return Optional.of(storage.get((int) height - 1));
        }

        @Override
        public Optional<List<Digest>> path(long height, long descendant) {
            List<Digest> leaves = new ArrayList<>();
            leaves.add(AncestorFrontier.leaf(storage.get(0).block().header().previous()));
            for (int i = 0; i < descendant - 1; i++) {
                leaves.add(AncestorFrontier.leaf(storage.get(i).block().id()));
            }
            return Optional.of(MerkleTree.path(leaves, (int) height));
        }
    }

    private void perform(List<Action> actions) {
        ConsensusCore running = core;
        for (Action action : actions) {
            if (!byzantine && sim.crashNow(index)) {
                crash();
                return;
            }
            if (action instanceof Action.Persist a) {
                persist(a.record());
                continue;
            }
            if (mutant != Mutant.SEND_BEFORE_SYNC) {
                flush();
            }
            act(action);
            if (core != running) {
                return;
            }
        }
        flush();
        VoteLog open = log;
        if (open != null && core != null && disk.size() > compactAt && !storage.isEmpty()) {
            durableBlocks = storage.size();
            open.compact(decided);
            compactAt = Math.max(COMPACT_BYTES, 2 * disk.size()); // what is above the final view stays
        }
    }

    private void persist(VoteRecord record) {
        if (log == null) {
            createLog();
        }
        VoteLog open = log;
        if (open != null) {
            open.append(record);
        }
        if (record instanceof VoteRecord.Cast c) {
            writtenVotes.add(c.vote().statement());
        } else if (byzantine) {
            return;
        } else if (record instanceof VoteRecord.Entry e) {
            sim.invariants().certified(e.certificate());
        } else if (record instanceof VoteRecord.Kept k) {
            sim.invariants().chosen(index, k.block());
        } else if (record instanceof VoteRecord.Held h) {
            batches.written(h.batch(), tree());
        } else if (record instanceof VoteRecord.Let l) {
            batches.letGo(l.batches(), tree());
        } else if (record instanceof VoteRecord.Floor f) {
            sim.invariants().rejoined(index, f.position());
            rejoinedEpoch = f.position().epoch();
        }
    }

    private void flush() {
        VoteLog open = log;
        if (open != null && open.isDirty()) {
            open.flush();
            flushed();
            durableVotes.addAll(writtenVotes);
            writtenVotes.clear();
            batches.flushed();
        }
    }

    private void act(Action action) {
        if (action instanceof Action.Send a) {
            check(a.message());
            if (adversary != null) {
                adversary.send(a.to(), a.message());
            } else {
                sim.network().send(this, a.to(), a.message());
            }
        } else if (action instanceof Action.Broadcast a) {
            check(a.message());
            if (adversary != null) {
                adversary.broadcast(a.message());
            } else {
                sim.network().broadcast(this, a.message());
                mutate(a.message());
            }
        } else if (action instanceof Action.CatchUp a) {
            sim.network().catchUp(this, a);
        } else if (action instanceof Action.Finalized a) {
            finalized(a);
        } else if (action instanceof Action.Report a) {
            sim.reported(a.equivocation());
        } else if (action instanceof Action.SigningChanged a && a.state().startsWith("stopped")) {
            stopped(a.state());
        } else if (action instanceof Action.SigningChanged a && a.state().startsWith("Refused")) {
            stopped(a.state());
        }
    }

    private void stopped(String why) {
        if (!byzantine) {
            throw new SimFailure("HONEST_KEEPS_SIGNING", "node " + index + ": " + why);
        }
        forget();
        sim.restartSoon(this);
    }

    /** A faulty validator begins anew, as if it had never voted. */
    private void forget() {
        crash();
        disk.wipe();
        keystoreLogId = null;
    }

    @Nullable
    SimTree tree() {
        return tree;
    }

    private void finalized(Action.Finalized a) {
        if (!byzantine) {
            sim.invariants().certified(a.certificate());
        }
        for (int i = 0; i < a.blocks().size(); i++) {
            ExecutedBlock b = a.blocks().get(i);
            long height = b.block().header().height();
            if (height != storage.size() + 1) {
                throw new SimFailure("HEIGHTS_IN_ORDER", "node " + index + ": " + height + " after " + storage.size());
            }
            if (!byzantine) {
                sim.invariants().finalized(index, height, b.id());
                sim.invariants().finalized(index, b.block(), sim.reference(), sim.wallMillis());
                b.block().evidence().forEach(sim::reported);
            }
            execute(b.block());
            FinalizedBlock stored = new FinalizedBlock(
                    b.block(), a.certificate(), i == a.blocks().size() - 1 ? a.links() : List.of());
            if (!stored.links().isEmpty()) {
                decodes(stored);
            }
            storage.add(stored);
        }
        decided = a.position();
        if (a.endsEpoch()) {
            sim.count("epoch-ended");
        }
        if (a.endsEpoch() || random.nextInt(4) == 0) {
            durableBlocks = storage.size();
        }
    }

    private void decodes(FinalizedBlock stored) {
        try {
            FinalizedBlock.decode(stored.encode(), parameters.maxTransactionBytes());
        } catch (CborException refused) {
            throw new SimFailure("STORED_BLOCKS_DECODE", "node " + index + ": " + refused.getMessage());
        }
    }

    private void check(Message message) {
        if (byzantine) {
            return;
        }
        if (message instanceof Message.OfBatches m) {
            batches.sent(m, position().epoch());
        }
        if (message instanceof Message.Voted m) {
            batches.voted(m.vote());
            sent(m.vote());
        } else if (message instanceof Message.PartedProposal m) {
            sent(m.vote());
            m.justification().forEach(sim.invariants()::certified);
        } else if (message instanceof Message.Proposal m) {
            batches.proposed(m.block());
            sent(m.vote());
            m.justification().forEach(sim.invariants()::certified);
        } else if (message instanceof Message.Certificates m) {
            m.certificates().forEach(sim.invariants()::certified);
        }
    }

    private void sent(Vote vote) {
        long epoch = vote.statement().epoch();
        sim.invariants().sent(index, vote, durableVotes.contains(vote.statement()), epoch <= begun());
        sim.voted(this, new EpochView(epoch, vote.view()));
    }

    /** The epoch that the durable blocks begin. */
    private long begun() {
        int end = Math.min(durableBlocks, storage.size());
        if (end < scannedBlocks) {
            scannedBlocks = 0;
            begunEpoch = 0;
        }
        for (; scannedBlocks < end; scannedBlocks++) {
            BlockHeader h = storage.get(scannedBlocks).block().header();
            begunEpoch = h.isClosing() ? h.epoch() + 1 : begunEpoch;
        }
        return begunEpoch;
    }

    private void mutate(Message message) {
        Message.Proposal p = lastProposal;
        if (mutant == Mutant.FINALIZE_AFTER_NULLIFY
                && message instanceof Message.Voted m
                && m.vote().kind() == VoteKind.NULLIFY
                && p != null
                && p.vote().view() == m.vote().view()) {
            Vote vote = vote(
                    VoteKind.FINALIZE, m.vote().view(), p.vote().statement().blockId());
            sim.invariants().sent(index, vote, true, true);
            sim.network().broadcast(this, new Message.Voted(vote));
        }
    }

    private Vote vote(VoteKind kind, long view, Digest block) {
        VoteStatement statement = new VoteStatement(kind, position().epoch(), view, block);
        return new Vote(sets.index(statement.epoch(), validator), statement, sets.sign(validator, statement));
    }

    private record Keys(NodeId self, VoteSigner signer) implements VotingKeys {
        @Override
        public Availability availability(ValidatorSet set) {
            return new Availability(
                    set.indexOf(self).stream()
                            .mapToObj(i -> set.get(i).votingKey())
                            .<Function<AvailabilityStatement, Signature>>map(k -> s -> SimKeys.promise(k, s))
                            .findFirst(),
                    SimKeys.promises(set));
        }

        @Override
        public Optional<VoteSigner> signer(ValidatorSet set) {
            return set.indexOf(self).isPresent() ? Optional.of(signer) : Optional.empty();
        }

        @Override
        public VoteVerifier verifier(ValidatorSet set) {
            return SimKeys.verifier(set);
        }
    }

    private record Unguarded(SimSets sets, int validator) implements VoteSigner {
        @Override
        public Signature sign(VoteStatement statement) {
            return sets.sign(validator, statement);
        }

        @Override
        public void refuseUpTo(EpochView view) {}

        @Override
        public void stop(String reason) {}
    }
}
