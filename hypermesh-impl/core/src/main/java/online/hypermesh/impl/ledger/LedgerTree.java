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
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
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
 * only the finalized head and what stands above it. The epoch of every block is the genesis epoch,
 * {@value #GENESIS_EPOCH}: this version does not change the validator set.
 */
public final class LedgerTree implements BlockTree {
    /** The epoch of the genesis block and of all blocks in this version. */
    public static final long GENESIS_EPOCH = 0;

    /** Finalized blocks whose outcomes and states stay readable. */
    public static final int RETAINED_FINALIZED = 64;

    private static final Digest EMPTY_ROOT = MerkleTree.root(List.of());

    /** Bytes the largest array head adds to a body, and the largest byte-string head to a transaction in it. */
    private static final int BODY_HEAD_BYTES = 5;

    private final Genesis genesis;
    private final NetworkId network;
    private final ValidatorSet validators;
    private final SortedMap<String, LedgerModule> modules;
    private final TransactionGate gate;
    private final SignatureCheck signatures;
    private final Map<Digest, Executed> tree = new LinkedHashMap<>();
    private final Map<Digest, Executed> retained = new HashMap<>();
    private final ArrayDeque<Executed> finalized = new ArrayDeque<>();
    private Executed head;

    private record Executed(
            Digest id,
            BlockHeader header,
            @Nullable Block block,
            StateTree state,
            List<Outcome> outcomes,
            Receipts receipts) {
        Digest receiptsRoot() {
            return receipts.root();
        }
    }

    /**
     * Starts at the genesis state.
     *
     * @param genesis the founding document
     * @param modules the modules, with distinct names; {@code nonces} and {@code evidence} are reserved
     * @param gate decides before each execution
     */
    public LedgerTree(Genesis genesis, List<LedgerModule> modules, TransactionGate gate) {
        this(genesis, modules, gate, new SignatureCheck());
    }

    /**
     * Starts at the genesis state and shares the memory of verified signatures.
     *
     * @param genesis the founding document
     * @param modules the modules, with distinct names; {@code nonces} and {@code evidence} are reserved
     * @param gate decides before each execution
     * @param signatures shared with the node's {@link Mempool}
     */
    public LedgerTree(Genesis genesis, List<LedgerModule> modules, TransactionGate gate, SignatureCheck signatures) {
        this.genesis = genesis;
        this.network = genesis.networkId();
        this.validators = ValidatorSet.of(genesis);
        this.modules = byName(modules);
        this.gate = gate;
        this.signatures = signatures;
        BlockHeader header = genesisHeader(genesis);
        head = new Executed(header.id(), header, null, genesisState(genesis, modules), List.of(), Receipts.NONE);
        tree.put(head.id, head);
        retain(head, 1);
    }

    private static SortedMap<String, LedgerModule> byName(List<LedgerModule> modules) {
        SortedMap<String, LedgerModule> byName = new TreeMap<>();
        for (LedgerModule module : modules) {
            String name = module.name();
            if (!name.matches("[a-z0-9-]{1,32}")) {
                throw new IllegalArgumentException(
                        "a module's name is 1..32 characters of a-z, 0-9 and hyphen, was \"" + name + "\"");
            }
            if (name.equals(Nonces.MODULE) || name.equals(Equivocation.STATE_MODULE)) {
                throw new IllegalArgumentException("the module name \"" + name + "\" is reserved");
            }
            if (byName.put(name, module) != null) {
                throw new IllegalArgumentException("two modules are named \"" + name + "\"");
            }
        }
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
                Block.transactionsRoot(List.of()),
                StateTree.EMPTY.root(),
                EMPTY_ROOT,
                EMPTY_ROOT,
                EMPTY_ROOT,
                ValidatorSet.of(genesis).root(),
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
        for (LedgerModule module : byName(modules).values()) {
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
    public ValidatorSet validators() {
        return validators;
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
        if (epoch != parent.header.epoch() || view <= parent.header.view()) {
            throw new IllegalArgumentException(
                    "a child of epoch " + parent.header.epoch() + ", view " + parent.header.view()
                            + " has the same epoch and a larger view, got epoch " + epoch + ", view " + view);
        }
        List<BodyEntry> chosen = choose(parent, candidates);
        List<Equivocation> carried = Offences.choose(parent.state, validators, epoch, evidence);
        byte[] body = Block.encodeBody(chosen);
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                network,
                epoch,
                view,
                parent.header.view(),
                parent.header.height() + 1,
                parentId,
                Block.transactionsRoot(chosen),
                parent.state.root(),
                parent.receiptsRoot(),
                Block.evidenceRoot(carried),
                EMPTY_ROOT,
                validators.root(),
                Math.max(nowMillis, parent.header.timeMillis() + 1),
                proposer,
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
        return new Block(header, chosen, carried);
    }

    @Override
    public boolean admits(Digest parentId, Equivocation equivocation) {
        Executed parent = parent(parentId);
        return Offences.admits(parent.state, validators, parent.header.epoch(), equivocation);
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
        verdict = Offences.verdict(block, parent.state, network, validators);
        if (!verdict.accepted()) {
            return verdict;
        }
        NonceCursor nonces = new NonceCursor(parent.state);
        for (BodyEntry e : block.entries()) {
            verdict = entryVerdict(e);
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
        if (h.epoch() != p.epoch()) {
            return wrong("epoch", h.epoch(), p.epoch());
        }
        if (h.height() != p.height() + 1) {
            return wrong("height", h.height(), p.height() + 1);
        }
        if (h.parentView() != p.view()) {
            return wrong("parent view", h.parentView(), p.view());
        }
        if (h.view() <= p.view()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "view " + h.view() + " is not above the parent's view " + p.view());
        }
        if (h.timeMillis() <= p.timeMillis()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF, "time " + h.timeMillis() + " is not after the parent's time " + p.timeMillis());
        }
        if (validators.indexOf(h.proposer()).isEmpty()) {
            return Verdict.rejected(Code.DENIED, "proposer " + h.proposer() + " is not a validator");
        }
        return rootsVerdict(h, parent);
    }

    private Verdict rootsVerdict(BlockHeader h, Executed parent) {
        if (!h.parentStateRoot().equals(parent.state.root())) {
            return wrong("parent state root", h.parentStateRoot(), parent.state.root());
        }
        if (!h.parentReceiptsRoot().equals(parent.receiptsRoot())) {
            return wrong("parent receipts root", h.parentReceiptsRoot(), parent.receiptsRoot());
        }
        if (!h.proofsRoot().equals(EMPTY_ROOT)) {
            return wrong("proofs root", h.proofsRoot(), EMPTY_ROOT);
        }
        if (!h.nextValidatorsRoot().equals(validators.root())) {
            return wrong("next validators root", h.nextValidatorsRoot(), validators.root());
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
        return signatures.holds(e)
                ? Verdict.ACCEPTED
                : Verdict.rejected(Code.INVALID_SIGNATURE, e + ": the signature does not hold");
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
        StateChanges state =
                new StateChanges(Offences.record(parent(block.header().previous()).state, validators, block));
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
                    genesis, block.header().height(), block.header().timeMillis(), t, sender, t.id(), state);
            outcomes.add(execution.run(gate, module));
        }
        tree.put(
                id,
                new Executed(
                        id, block.header(), block, state.tree(), List.copyOf(outcomes), Receipts.of(block, outcomes)));
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
            chain.add(e);
        }
        if (chain.isEmpty()) {
            return List.of();
        }
        Collections.reverse(chain);
        head = target;
        chain.forEach(e -> retain(e, chain.size()));
        prune();
        return chain.stream()
                .flatMap(e -> Optional.ofNullable(e.block).stream())
                .toList();
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
            if (kept.containsKey(e.header.previous())) {
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
                        genesis, height, timeMillis, t, t.senderId(), t.id(), new StateChanges(state))
                .refusal(gate);
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
