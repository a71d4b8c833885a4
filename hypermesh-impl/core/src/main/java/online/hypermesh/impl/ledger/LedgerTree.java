package online.hypermesh.impl.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * The block tree that executes blocks through {@link LedgerModule}s into {@link StateTree}s. Confined to one thread; the
 * states it hands out are immutable and may be read from others.
 *
 * <p>A transaction is valid in a block when it is for this network and a known module, its signature holds, it is within
 * the size limit and its nonce exceeds every nonce its sender executed before; one invalid transaction makes the block
 * invalid. Evidence is recorded before the transactions execute. A valid transaction that its gate or module refuses stays in the block and consumes its nonce.
 *
 * <p>Outcomes, states and paths stay readable for the newest {@value #RETAINED_FINALIZED} finalized blocks, and for the
 * whole of the batch that {@link #finalizeUpTo} returned last; {@link #contains}, {@link #header} and {@link #block} know
 * only the finalized head and what stands above it.
 *
 * <p>An epoch ends with the first block, not the epoch's first, whose time is {@code epochSeconds} after the block with which
 * the epoch began. Its header names the set of the next epoch, as registered in the state after its parent.
 */
public final class LedgerTree implements BlockTree {
    /** The epoch of the genesis block. */
    public static final long GENESIS_EPOCH = 0;

    /** Finalized blocks whose outcomes and states stay readable. */
    public static final int RETAINED_FINALIZED = 64;

    private static final Digest EMPTY_ROOT = MerkleTree.root(List.of());

    /** States that wait for a snapshot to be taken of them. */
    private static final int MAX_DUE = 2;

    /** Bytes the largest array head adds to a body, and the largest byte-string head to a transaction in it. */
    private static final int BODY_HEAD_BYTES = 5;

    private final Genesis genesis;
    private final NetworkId network;
    private final long epochMillis;
    private final SortedMap<String, LedgerModule> modules;
    private final TransactionGate gate;
    private final SignatureCheck signatures;
    private final Map<Digest, Executed> tree = new LinkedHashMap<>();
    private final Map<Digest, Executed> retained = new HashMap<>();
    private final ArrayDeque<Executed> finalized = new ArrayDeque<>();
    private final ArrayDeque<StateBase> due = new ArrayDeque<>();
    private @Nullable SnapshotSchedule schedule;
    private Executed head;

    private record Executed(
            Digest id,
            BlockHeader header,
            @Nullable Block block,
            StateTree state,
            List<Outcome> outcomes,
            Receipts receipts,
            Digest receiptsRoot,
            AncestorFrontier frontier,
            Epoch epoch,
            @Nullable Epoch next,
            boolean trailing) {
        /** Header field of a child in the same epoch, unless it ends the epoch itself. */
        Digest nextRoot() {
            return next == null ? Digest.ZERO : next.set.root();
        }

        /** The epoch of a child that is not to stand beside the next epoch. */
        Epoch following() {
            return next == null ? epoch : next;
        }

        /** View of a child's parent in the child's epoch. */
        long viewIn(long childEpoch) {
            return childEpoch == header.epoch() ? header.view() : 0;
        }
    }

    /** An epoch, when it began, and who votes in it; {@code before} voted in the one before. */
    private record Epoch(
            long number,
            long startMillis,
            ValidatorSet set,
            @Nullable ValidatorSet before,
            SortedMap<String, Integer> versions) {
        /** That of the children of a block that does not end one, by the state after it. */
        static Epoch in(StateTree state) {
            StateReader registry = state.reader(ValidatorChange.MODULE);
            ValidatorRegistry.Epoch epoch = ValidatorRegistry.epoch(registry);
            return new Epoch(
                    epoch.number(),
                    epoch.startMillis(),
                    ValidatorRegistry.current(registry),
                    ValidatorRegistry.before(registry).orElse(null),
                    ValidatorRegistry.versionsInForce(registry));
        }
    }

    /**
     * Starts at the genesis state.
     *
     * @param genesis the founding document
     * @param modules the modules, with distinct names; {@code nonces}, {@code evidence}, {@code validators},
     *     {@code reads} and {@code protocol} are reserved
     * @param gate decides before each execution
     */
    public LedgerTree(Genesis genesis, List<LedgerModule> modules, TransactionGate gate) {
        this(genesis, modules, gate, new SignatureCheck());
    }

    /**
     * Starts at the genesis state and shares the memory of verified signatures.
     *
     * @param genesis the founding document
     * @param modules the modules, with distinct names; {@code nonces}, {@code evidence}, {@code validators},
     *     {@code reads} and {@code protocol} are reserved
     * @param gate decides before each execution; not asked about {@code validators}
     * @param signatures shared with the node's {@link Mempool}
     */
    public LedgerTree(Genesis genesis, List<LedgerModule> modules, TransactionGate gate, SignatureCheck signatures) {
        this(genesis, modules, gate, signatures, genesisBase(genesis, modules));
    }

    /**
     * Goes on from a state.
     *
     * @param genesis the founding document
     * @param modules the modules, with distinct names; {@code nonces}, {@code evidence}, {@code validators},
     *     {@code reads} and {@code protocol} are reserved
     * @param gate decides before each execution; not asked about {@code validators}
     * @param signatures shared with the node's {@link Mempool}
     * @param base a finalized block of this network and the state after it, believed
     * @throws HypermeshException UNSUPPORTED_VERSION when a module has a version here that this software does not know
     */
    public LedgerTree(
            Genesis genesis,
            List<LedgerModule> modules,
            TransactionGate gate,
            SignatureCheck signatures,
            StateBase base) {
        this.genesis = genesis;
        this.network = genesis.networkId();
        this.epochMillis = genesis.parameters().epochSeconds() * 1000L;
        this.modules = byName(genesis, modules);
        this.gate = gate;
        this.signatures = signatures;
        Epoch epoch = Epoch.in(base.state());
        requireKnown(epoch);
        head = new Executed(
                base.header().id(),
                base.header(),
                null,
                base.state(),
                List.of(),
                Receipts.NONE,
                base.receiptsRoot(),
                base.frontier(),
                epoch,
                null,
                false);
        tree.put(head.id, head);
        retain(head, 1);
    }

    private static StateBase genesisBase(Genesis genesis, List<LedgerModule> modules) {
        BlockHeader header = genesisHeader(genesis);
        return new StateBase(
                header, genesisState(genesis, modules), AncestorFrontier.EMPTY.with(header.id()), Receipts.NONE.root());
    }

    private static SortedMap<String, LedgerModule> byName(Genesis genesis, List<LedgerModule> modules) {
        SortedMap<String, LedgerModule> byName = new TreeMap<>();
        byName.put(OrderedRead.MODULE, new ReadsModule());
        for (LedgerModule module : modules) {
            String name = module.name();
            if (!name.matches("[a-z0-9-]{1,32}")) {
                throw new IllegalArgumentException(
                        "a module's name is 1..32 characters of a-z, 0-9 and hyphen, was \"" + name + "\"");
            }
            if (name.equals(ValidatorChange.PROTOCOL)
                    || name.equals(Nonces.MODULE)
                    || name.equals(Equivocation.STATE_MODULE)
                    || name.equals(ValidatorChange.MODULE)
                    || name.equals(OrderedRead.MODULE)) {
                throw new IllegalArgumentException("the module name \"" + name + "\" is reserved");
            }
            if (byName.put(name, module) != null) {
                throw new IllegalArgumentException("two modules are named \"" + name + "\"");
            }
        }
        SortedMap<String, Integer> firstVersions = new TreeMap<>();
        modules.forEach(m -> firstVersions.put(m.name(), 1));
        firstVersions.put(ValidatorChange.PROTOCOL, genesis.parameters().protocolVersion());
        byName.put(ValidatorChange.MODULE, new ValidatorsModule(firstVersions));
        return byName;
    }

    /**
     * The header of the block all chains of a network grow from.
     *
     * @param genesis the founding document
     * @return height 0, view 0, no parent
     */
    public static BlockHeader genesisHeader(Genesis genesis) {
        byte[] body = Block.encodeBody(List.of());
        return new BlockHeader(
                BlockHeader.VERSION,
                genesis.networkId(),
                GENESIS_EPOCH,
                0,
                0,
                0,
                Digest.ZERO,
                AncestorFrontier.EMPTY.root(),
                Block.transactionsRoot(List.of()),
                StateTree.EMPTY.root(),
                EMPTY_ROOT,
                EMPTY_ROOT,
                EMPTY_ROOT,
                ValidatorSet.of(genesis).root(),
                Digest.ZERO,
                genesis.createdAtMillis(),
                new NodeId(Digest.ZERO),
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
    }

    /**
     * The state before the first block: what every module writes on initialization, in the order of their names.
     *
     * @param genesis the founding document
     * @param modules the modules
     * @return the state
     */
    public static StateTree genesisState(Genesis genesis, List<LedgerModule> modules) {
        StateTree state = StateTree.EMPTY;
        for (LedgerModule module : byName(genesis, modules).values()) {
            FoundingWriter writer = new FoundingWriter(module.name(), state);
            module.initialize(genesis, writer);
            state = writer.state;
        }
        return state;
    }

    @Override
    public NetworkId network() {
        return network;
    }

    @Override
    public long epoch() {
        return head.following().number;
    }

    @Override
    public int protocolVersion() {
        return head.following()
                .versions
                .getOrDefault(ValidatorChange.PROTOCOL, genesis.parameters().protocolVersion());
    }

    @Override
    public ValidatorSet validators() {
        return head.following().set;
    }

    @Override
    public Optional<ValidatorSet> validators(long epoch) {
        return setOf(head.following(), epoch);
    }

    private static Optional<ValidatorSet> setOf(Epoch now, long epoch) {
        if (epoch == now.number) {
            return Optional.of(now.set);
        }
        return epoch == now.number - 1 ? Optional.ofNullable(now.before) : Optional.empty();
    }

    @Override
    public BlockHeader finalizedHead() {
        return head.header;
    }

    @Override
    public boolean contains(Digest id) {
        return tree.containsKey(id);
    }

    @Override
    public Optional<BlockHeader> header(Digest id) {
        return Optional.ofNullable(tree.get(id)).map(e -> e.header);
    }

    @Override
    public Optional<Block> block(Digest id) {
        return Optional.ofNullable(tree.get(id)).map(e -> e.block);
    }

    @Override
    public Block assemble(
            Digest parentId,
            long epoch,
            long view,
            NodeId proposer,
            long nowMillis,
            List<? extends BodyEntry> candidates,
            List<Equivocation> evidence) {
        Executed parent = parent(parentId);
        Epoch in = epochOf(parent, epoch)
                .orElseThrow(() -> new IllegalArgumentException("no child of epoch " + epoch + " may follow epoch "
                        + parent.header.epoch() + ", view " + parent.header.view()));
        long parentView = parent.viewIn(epoch);
        if (view <= parentView) {
            throw new IllegalArgumentException("a child's view is above its parent's, " + parentView + ", got " + view);
        }
        boolean trailing = in.number == parent.epoch.number && parent.next != null;
        List<BodyEntry> chosen = trailing ? List.of() : choose(parent, candidates);
        List<Equivocation> carried = trailing ? List.of() : Offences.choose(parent.state, e -> setOf(in, e), evidence);
        long timeMillis = Math.max(nowMillis, parent.header.timeMillis() + 1);
        byte[] body = Block.encodeBody(chosen);
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                network,
                epoch,
                view,
                parentView,
                parent.header.height() + 1,
                parentId,
                parent.frontier.root(),
                Block.transactionsRoot(chosen),
                parent.state.root(),
                parent.receiptsRoot(),
                Block.evidenceRoot(carried),
                EMPTY_ROOT,
                in.set.root(),
                nextRoot(parent, in, parentView, timeMillis),
                timeMillis,
                proposer,
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
        return new Block(header, chosen, carried);
    }

    @Override
    public boolean admits(Digest parentId, Equivocation equivocation) {
        Executed parent = parent(parentId);
        Epoch in = parent.following();
        return Offences.admits(parent.state, e -> setOf(in, e), equivocation);
    }

    /** The epoch a child says it is of; empty when it may not be. */
    private Optional<Epoch> epochOf(Executed parent, long epoch) {
        if (epoch == parent.header.epoch()) {
            return Optional.of(parent.epoch);
        }
        Epoch next = parent.next;
        return next != null && epoch == next.number && !parent.trailing && parent.id.equals(head.id)
                ? Optional.of(next)
                : Optional.empty();
    }

    /** The set a child names for the next epoch; zero when the epoch goes on. */
    private Digest nextRoot(Executed parent, Epoch in, long parentView, long timeMillis) {
        if (in.number == parent.epoch.number && parent.next != null) {
            return parent.nextRoot();
        }
        return ends(in, parentView, timeMillis)
                ? ValidatorRegistry.next(parent.state.reader(ValidatorChange.MODULE))
                        .root()
                : Digest.ZERO;
    }

    private boolean ends(Epoch epoch, long parentView, long timeMillis) {
        return parentView > 0 && timeMillis - epoch.startMillis >= epochMillis;
    }

    private List<BodyEntry> choose(Executed parent, List<? extends BodyEntry> candidates) {
        List<BodyEntry> chosen = new ArrayList<>();
        int transactions = 0;
        NonceCursor nonces = new NonceCursor(parent.state);
        Set<NodeId> full = new HashSet<>();
        int room = genesis.parameters().maxBlockBytes() - BODY_HEAD_BYTES;
        for (BodyEntry e : candidates) {
            NodeId sender = e.senderId();
            int bytes = e.encodedLength() + BODY_HEAD_BYTES;
            int count = e.transactions().size();
            if (full.contains(sender) || !entryVerdict(e).accepted()) {
                continue;
            }
            if (bytes > room || transactions + count > Block.MAX_TRANSACTIONS) {
                // A later nonce of this sender would make this one invalid for ever.
                full.add(sender);
            } else if (nonces.advance(e)) {
                chosen.add(e);
                transactions += count;
                room -= bytes;
            }
        }
        return chosen;
    }

    @Override
    public Verdict check(Block block) {
        return check(block, true);
    }

    @Override
    public Verdict checkCertified(Block block) {
        return check(block, false);
    }

    private Verdict check(Block block, boolean withSignatures) {
        Executed parent = tree.get(block.header().previous());
        if (parent == null) {
            return Verdict.rejected(
                    Code.NOT_FOUND, "parent " + block.header().previous().toShortHex() + " is not known");
        }
        Verdict verdict = headerVerdict(block.header(), parent);
        if (!verdict.accepted()) {
            return verdict;
        }
        verdict = bodyVerdict(block);
        if (!verdict.accepted()) {
            return verdict;
        }
        Epoch in = epochOf(parent, block.header().epoch()).orElseThrow();
        if (in.number == parent.epoch.number
                && parent.next != null
                && (!block.entries().isEmpty() || !block.evidence().isEmpty())) {
            return Verdict.rejected(
                    Code.CONFLICT, "a block between the end of an epoch and its finality carries nothing");
        }
        verdict = Offences.verdict(block, parent.state, network, e -> setOf(in, e));
        if (!verdict.accepted()) {
            return verdict;
        }
        NonceCursor nonces = new NonceCursor(parent.state);
        for (BodyEntry e : block.entries()) {
            verdict = withSignatures ? entryVerdict(e) : unsignedVerdict(e);
            if (!verdict.accepted()) {
                return verdict;
            }
            if (!nonces.advance(e)) {
                return Verdict.rejected(
                        Code.CONFLICT, e + ": the nonce is not above the sender's last, " + nonces.last(e.senderId()));
            }
        }
        return Verdict.ACCEPTED;
    }

    private Verdict headerVerdict(BlockHeader h, Executed parent) {
        BlockHeader p = parent.header;
        if (h.version() != BlockHeader.VERSION || h.suite() != BlockHeader.SUITE_2026) {
            return Verdict.rejected(
                    Code.MALFORMED,
                    "block version " + h.version() + ", suite " + h.suite() + "; this node knows version "
                            + BlockHeader.VERSION + ", suite " + BlockHeader.SUITE_2026);
        }
        if (!h.network().equals(network)) {
            return Verdict.rejected(Code.WRONG_NETWORK, "block is for network " + h.network() + ", this is " + network);
        }
        Epoch in = epochOf(parent, h.epoch()).orElse(null);
        if (in == null) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "epoch " + h.epoch() + " does not follow epoch " + p.epoch()
                            + " here; an epoch begins on the finalized block that ends the one before");
        }
        if (h.height() != p.height() + 1) {
            return wrong("height", h.height(), p.height() + 1);
        }
        long parentView = parent.viewIn(h.epoch());
        if (h.parentView() != parentView) {
            return wrong("parent view", h.parentView(), parentView);
        }
        if (h.view() <= parentView) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "view " + h.view() + " is not above the parent's view " + parentView);
        }
        if (h.timeMillis() <= p.timeMillis()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "time " + h.timeMillis() + " is not after the parent's time " + p.timeMillis());
        }
        if (in.set.indexOf(h.proposer()).isEmpty()) {
            return Verdict.rejected(Code.DENIED, "proposer " + h.proposer() + " is not a validator");
        }
        return rootsVerdict(h, parent, in);
    }

    private Verdict rootsVerdict(BlockHeader h, Executed parent, Epoch in) {
        Digest ancestors = parent.frontier.root();
        if (!h.ancestorsRoot().equals(ancestors)) {
            return wrong("ancestors root", h.ancestorsRoot(), ancestors);
        }
        if (!h.parentStateRoot().equals(parent.state.root())) {
            return wrong("parent state root", h.parentStateRoot(), parent.state.root());
        }
        if (!h.parentReceiptsRoot().equals(parent.receiptsRoot())) {
            return wrong("parent receipts root", h.parentReceiptsRoot(), parent.receiptsRoot());
        }
        if (!h.proofsRoot().equals(EMPTY_ROOT)) {
            return wrong("proofs root", h.proofsRoot(), EMPTY_ROOT);
        }
        if (!h.validatorsRoot().equals(in.set.root())) {
            return wrong("validators root", h.validatorsRoot(), in.set.root());
        }
        Digest next = nextRoot(parent, in, h.parentView(), h.timeMillis());
        if (!h.nextValidatorsRoot().equals(next)) {
            return wrong("next validators root", h.nextValidatorsRoot(), next);
        }
        return Verdict.ACCEPTED;
    }

    private Verdict bodyVerdict(Block block) {
        BlockHeader h = block.header();
        int limit = genesis.parameters().maxBlockBytes();
        if (h.bodyLength() > limit) {
            return Verdict.rejected(Code.LIMIT_EXCEEDED, "body of " + h.bodyLength() + " bytes, limit " + limit);
        }
        if (block.transactions().size() > Block.MAX_TRANSACTIONS) {
            return Verdict.rejected(
                    Code.LIMIT_EXCEEDED,
                    block.transactions().size() + " transactions, limit " + Block.MAX_TRANSACTIONS);
        }
        byte[] body = Block.encodeBody(block.entries());
        if (body.length != h.bodyLength()) {
            return wrong("body length", h.bodyLength(), body.length);
        }
        Digest commitment = Block.bodyCommitment(body);
        if (!commitment.equals(h.bodyCommitment())) {
            return wrong("body commitment", h.bodyCommitment(), commitment);
        }
        Digest root = Block.transactionsRoot(block.entries());
        return root.equals(h.transactionsRoot())
                ? Verdict.ACCEPTED
                : wrong("transactions root", h.transactionsRoot(), root);
    }

    /** Everything about an entry but its nonces. */
    private Verdict entryVerdict(BodyEntry e) {
        Verdict verdict = unsignedVerdict(e);
        return !verdict.accepted() || signatures.holds(e)
                ? verdict
                : Verdict.rejected(Code.INVALID_SIGNATURE, e + ": the signature does not hold");
    }

    private Verdict unsignedVerdict(BodyEntry e) {
        int limit = genesis.parameters().maxTransactionBytes();
        if (e.encodedLength() > limit) {
            return Verdict.rejected(Code.LIMIT_EXCEEDED, e + ": " + e.encodedLength() + " bytes, limit " + limit);
        }
        if (!e.network().equals(network)) {
            return Verdict.rejected(Code.WRONG_NETWORK, e + " is for network " + e.network() + ", this is " + network);
        }
        for (Transaction t : e.transactions()) {
            if (!modules.containsKey(t.module())) {
                return Verdict.rejected(Code.NOT_FOUND, t + ": no such module; known are " + modules.keySet());
            }
        }
        return Verdict.ACCEPTED;
    }

    private static Verdict wrong(String what, Object found, Object expected) {
        return Verdict.rejected(Code.INVALID_PROOF, what + " is " + found + ", must be " + expected);
    }

    @Override
    public void add(Block block) {
        Digest id = block.id();
        if (tree.containsKey(id)) {
            return;
        }
        Executed parent = parent(block.header().previous());
        BlockHeader h = block.header();
        Epoch in = epochOf(parent, h.epoch())
                .orElseThrow(() -> new IllegalArgumentException(
                        "block " + id.toShortHex() + " was not checked: epoch " + h.epoch()));
        boolean trailing = in.number == parent.epoch.number && parent.next != null;
        Epoch next = trailing ? parent.next : null;
        StateTree before = Offences.record(parent.state, e -> setOf(in, e), block);
        if (!trailing && ends(in, h.parentView(), h.timeMillis())) {
            ValidatorSet set = ValidatorRegistry.next(parent.state.reader(ValidatorChange.MODULE));
            next = new Epoch(
                    in.number + 1,
                    h.timeMillis(),
                    set,
                    in.set,
                    ValidatorRegistry.versions(parent.state.reader(ValidatorChange.MODULE)));
            FoundingWriter writer = new FoundingWriter(ValidatorChange.MODULE, before);
            ValidatorRegistry.turn(writer, set, h.timeMillis(), id);
            before = writer.state;
        }
        StateChanges state = new StateChanges(before);
        List<Outcome> outcomes = new ArrayList<>(block.transactions().size());
        for (Transaction t : block.transactions()) {
            LedgerModule module = modules.get(t.module());
            if (module == null) {
                throw new IllegalArgumentException(
                        "block " + id.toShortHex() + " was not checked: no module " + t.module());
            }
            NodeId sender = t.senderId();
            Nonces.record(state, sender, t.nonce());
            TransactionExecution execution = new TransactionExecution(
                    genesis, h.height(), h.timeMillis(), t, sender, t.id(), state, versionOf(in, t.module()));
            outcomes.add(execution.run(gateOf(t), module));
        }
        Receipts receipts = Receipts.of(block, outcomes);
        tree.put(
                id,
                new Executed(
                        id,
                        h,
                        block,
                        state.tree(),
                        List.copyOf(outcomes),
                        receipts,
                        receipts.root(),
                        parent.frontier.with(id),
                        in,
                        next,
                        trailing));
    }

    private static int versionOf(Epoch epoch, String module) {
        return epoch.versions.getOrDefault(module, 1);
    }

    /** Stops a node before an epoch by whose rules it cannot execute; nothing it does there would be right. */
    private void requireKnown(Epoch next) {
        next.versions.forEach((name, version) -> {
            LedgerModule module = modules.get(name);
            int newest = name.equals(ValidatorChange.PROTOCOL)
                    ? ProtocolVersions.NEWEST
                    : module == null ? 0 : module.newestVersion();
            if (version > newest) {
                throw new HypermeshException(
                        Code.UNSUPPORTED_VERSION,
                        Retry.NEVER,
                        "From epoch " + next.number + " on " + name + " has version " + version
                                + "; this software knows versions up to " + newest
                                + ". Install a newer one and start the node again, it goes on where it stopped");
            }
        });
    }

    /** Who may change the validators is the kernel's to decide: no policy locks validators out, or lets others in. */
    private TransactionGate gateOf(Transaction t) {
        return t.module().equals(ValidatorChange.MODULE) ? ValidatorsModule::refusal : gate;
    }

    @Override
    public List<Block> finalizeUpTo(Digest id) {
        Executed target = tree.get(id);
        if (target == null) {
            if (retained.containsKey(id)) {
                return List.of();
            }
            throw new IllegalArgumentException("block " + id + " is not known");
        }
        List<Executed> chain = new ArrayList<>();
        for (Executed e = target; !e.id.equals(head.id); e = parent(e.header.previous())) {
            if (!e.trailing) {
                chain.add(e);
            }
        }
        if (chain.isEmpty()) {
            return List.of();
        }
        Collections.reverse(chain);
        Epoch following = chain.get(chain.size() - 1).next;
        if (following != null) {
            requireKnown(following);
        }
        head = chain.get(chain.size() - 1);
        chain.forEach(e -> retain(e, chain.size()));
        chain.forEach(this::schedule);
        prune();
        return chain.stream()
                .flatMap(e -> Optional.ofNullable(e.block).stream())
                .toList();
    }

    @Override
    public List<Digest> ancestorPath(Digest id, Digest descendant) {
        AncestorFrontier before = parent(parent(id).header.previous()).frontier;
        List<Digest> ids = new ArrayList<>();
        Digest at = descendant;
        while (!at.equals(id)) {
            at = parent(at).header.previous();
            ids.add(at);
        }
        Collections.reverse(ids);
        return before.path(ids);
    }

    private void schedule(Executed e) {
        SnapshotSchedule s = schedule;
        if (s != null && s.isDue(e.header, e.outcomes.size(), e.state.size())) {
            due.addLast(base(e));
            if (due.size() > MAX_DUE) {
                due.removeFirst();
            }
        }
    }

    private void retain(Executed e, int batch) {
        retained.put(e.id, e);
        finalized.addLast(e);
        while (finalized.size() > Math.max(RETAINED_FINALIZED, batch)) {
            retained.remove(finalized.removeFirst().id);
        }
    }

    /** Keeps the head and its descendants: a block is added after its parent, so one pass in that order suffices. */
    private void prune() {
        Map<Digest, Executed> kept = new LinkedHashMap<>();
        kept.put(head.id, head);
        for (Executed e : tree.values()) {
            boolean over = e.trailing && head.next != null;
            if (!over && kept.containsKey(e.header.previous())) {
                kept.put(e.id, e);
            }
        }
        tree.clear();
        tree.putAll(kept);
    }

    @Override
    public List<Outcome> outcomes(Digest id) {
        return readable(id).outcomes;
    }

    @Override
    public Receipts receipts(Digest id) {
        return readable(id).receipts;
    }

    @Override
    public Digest stateRoot(Digest id) {
        return readable(id).state.root();
    }

    @Override
    public StateReader state(Digest id, String module) {
        return readable(id).state.reader(module);
    }

    /**
     * From now on keeps the states after which a snapshot is due, the newest {@value #MAX_DUE} of them, until they are taken.
     *
     * @param work transactions and blocks after which a snapshot is due; the finalized head is a block after which one was, or
     *     the genesis block
     */
    public void scheduleSnapshots(long work) {
        schedule = new SnapshotSchedule(work);
    }

    /**
     * Takes the state after a finalized block after which a snapshot is due.
     *
     * @param id the block
     * @return what another tree needs to go on from it, once; empty when none is due there
     */
    public Optional<StateBase> takeDue(Digest id) {
        Optional<StateBase> found =
                due.stream().filter(b -> b.header().id().equals(id)).findFirst();
        found.ifPresent(due::remove);
        return found;
    }

    private static StateBase base(Executed e) {
        return new StateBase(e.header, e.state, e.frontier, e.receiptsRoot);
    }

    /**
     * What another tree needs to go on from a block that does not end its epoch.
     *
     * @param id the block; also the finalized head
     * @return immutable: it may be read later and from other threads; empty when the block is not known, or was pruned
     */
    public Optional<StateBase> base(Digest id) {
        Executed e = tree.getOrDefault(id, retained.get(id));
        return Optional.ofNullable(e).map(LedgerTree::base);
    }

    /**
     * The newest executed nonces after a known block, for {@link Mempool}.
     *
     * @param id the block
     * @return the reserved key space, immutable
     */
    public StateReader nonces(Digest id) {
        return state(id, Nonces.MODULE);
    }

    /**
     * What the gate would say in a child of a known block, for {@link Mempool}.
     *
     * @param id the block
     * @return decides on the state after that block, immutable
     */
    public Admission admission(Digest id) {
        Executed e = readable(id);
        StateTree state = e.state;
        long height = e.header.height() + 1;
        long timeMillis = e.header.timeMillis() + 1;
        return t -> new TransactionExecution(
                        genesis,
                        height,
                        timeMillis,
                        t,
                        t.senderId(),
                        t.id(),
                        new StateChanges(state),
                        versionOf(e.following(), t.module()))
                .refusal(gateOf(t));
    }

    @Override
    public byte[] treePath(Digest id, String module, byte[] key) {
        return readable(id).state.path(module, key);
    }

    private Executed readable(Digest id) {
        Executed e = tree.get(id);
        if (e == null) {
            e = retained.get(id);
        }
        if (e == null) {
            throw new IllegalArgumentException("block " + id + " is not known, or was pruned");
        }
        return e;
    }

    private Executed parent(Digest id) {
        Executed parent = tree.get(id);
        if (parent == null) {
            throw new IllegalArgumentException("block " + id + " is not known");
        }
        return parent;
    }

    /** Nonces while a block is walked: the state's, overlaid with those of the block so far. */
    private static final class NonceCursor {
        private final StateReader state;
        private final Map<NodeId, Long> seen = new HashMap<>();

        NonceCursor(StateTree state) {
            this.state = state.reader(Nonces.MODULE);
        }

        long last(NodeId sender) {
            return seen.computeIfAbsent(sender, s -> Nonces.last(state, s));
        }

        boolean advance(BodyEntry e) {
            if (e.firstNonce() <= last(e.senderId())) {
                return false;
            }
            seen.put(e.senderId(), e.lastNonce());
            return true;
        }
    }

    private static final class FoundingWriter implements StateWriter {
        private final String module;
        private StateTree state;

        FoundingWriter(String module, StateTree state) {
            this.module = module;
            this.state = state;
        }

        @Override
        public Optional<byte[]> get(byte[] key) {
            return state.get(module, key);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            state = state.put(module, key, value);
        }

        @Override
        public void remove(byte[] key) {
            state = state.remove(module, key);
        }
    }
}
