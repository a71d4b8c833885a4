package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.impl.ledger.Receipts;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A block tree whose state is the newest nonce of every sender and every recorded offence, and whose epochs are those of the
 * scenario; checks what the core relies on. Confined.
 */
final class SimTree implements BlockTree {
    private static final DomainTag STATE_TAG = new DomainTag("hypermesh/sim-state/v1");
    private static final Digest EMPTY = MerkleTree.root(List.of());
    private static final int MAX_TRANSACTIONS = 50;
    private static final int MAX_OFFENCES = 8;

    private record Known(
            BlockHeader header,
            @Nullable Block block,
            SortedMap<String, Long> nonces,
            Digest root,
            long startMillis,
            boolean trailing,
            AncestorFrontier ancestors) {}

    private record Made(Known known, Known parent) {}

    /** A block in this tree, with the ids of its children. */
    private record Place(Known known, List<Digest> children) {
        Place(Known known) {
            this(known, new ArrayList<>(2));
        }
    }

    /**
     * What follows from blocks and their ancestors alone, worked out once for all trees of one schedule that believe in the
     * same validators. Nothing is taken from it for another body under the same header, or on another parent. Confined.
     */
    static final class Shared {
        private final Map<Digest, Made> made = new HashMap<>();
        private final IdentityHashMap<Block, Known> soundOn = new IdentityHashMap<>();
        private final Map<VerifyKey, String> senders = new HashMap<>();
        private @Nullable Known genesis;
    }

    private final NetworkId network;
    private final SimSets sets;
    private final Shared shared;
    private final Map<Digest, Place> known = new HashMap<>();
    private BlockHeader head;
    private Digest headId;

    SimTree(NetworkId network, SimSets sets) {
        this(network, sets, new Shared());
    }

    SimTree(NetworkId network, SimSets sets, Shared shared) {
        this.network = network;
        this.sets = sets;
        this.shared = shared;
        Known first = shared.genesis;
        if (first == null) {
            first = genesis();
            shared.genesis = first;
        }
        head = first.header();
        headId = head.id();
        known.put(headId, new Place(first));
    }

    private Known genesis() {
        SortedMap<String, Long> none = new TreeMap<>();
        BlockHeader header = header(
                0,
                0,
                0,
                0,
                Digest.ZERO,
                AncestorFrontier.EMPTY,
                List.of(),
                List.of(),
                Digest.ZERO,
                Digest.ZERO,
                0,
                sets.set(0).get(0).id());
        return new Known(header, null, none, root(none), 0, false, AncestorFrontier.EMPTY.with(header.id()));
    }

    private BlockHeader header(
            long epoch,
            long view,
            long parentView,
            long height,
            Digest previous,
            AncestorFrontier ancestors,
            List<BodyEntry> transactions,
            List<Equivocation> evidence,
            Digest stateRoot,
            Digest nextRoot,
            long timeMillis,
            NodeId proposer) {
        byte[] body = Block.encodeBody(transactions);
        return new BlockHeader(
                BlockHeader.VERSION,
                network,
                epoch,
                view,
                parentView,
                height,
                previous,
                ancestors.root(),
                Block.transactionsRoot(transactions),
                stateRoot,
                EMPTY,
                Block.evidenceRoot(evidence),
                EMPTY,
                sets.set(epoch).root(),
                nextRoot,
                timeMillis,
                proposer,
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
    }

    /** Whether a child of this epoch may follow; in the next one only on the finalized block that ends one. */
    private boolean mayFollow(Known parent, long epoch) {
        BlockHeader p = parent.header();
        return epoch == p.epoch()
                || (epoch == p.epoch() + 1 && p.isClosing() && !parent.trailing() && p.id().equals(headId));
    }

    private static long viewIn(BlockHeader parent, long epoch) {
        return parent.epoch() == epoch ? parent.view() : 0;
    }

    private static boolean isTrailing(BlockHeader parent, long epoch) {
        return parent.isClosing() && parent.epoch() == epoch;
    }

    private static long startMillis(Known parent, long epoch) {
        return parent.header().epoch() == epoch
                ? parent.startMillis()
                : parent.header().timeMillis();
    }

    private Digest nextRoot(Known parent, long epoch, long timeMillis) {
        boolean ends = sets.epochMillis() > 0
                && viewIn(parent.header(), epoch) > 0
                && timeMillis - startMillis(parent, epoch) >= sets.epochMillis();
        return ends || isTrailing(parent.header(), epoch) ? sets.set(epoch + 1).root() : Digest.ZERO;
    }

    private static Digest root(SortedMap<String, Long> nonces) {
        CborWriter w = new CborWriter().array(nonces.size() * 2);
        nonces.forEach((s, n) -> w.text(s).uint(n));
        return Hashing.hash(STATE_TAG, w.toBytes());
    }

    private String sender(BodyEntry t) {
        return shared.senders.computeIfAbsent(t.sender(), VerifyKey::toString);
    }

    private Known get(Digest id) {
        return place(id).known();
    }

    private Place place(Digest id) {
        Place place = known.get(id);
        if (place == null) {
            throw new IllegalArgumentException("unknown block " + id);
        }
        return place;
    }

    @Override
    public NetworkId network() {
        return network;
    }

    @Override
    public long epoch() {
        return head.isClosing() ? head.epoch() + 1 : head.epoch();
    }

    @Override
    public int protocolVersion() {
        return sets.protocolVersion(epoch());
    }

    @Override
    public ValidatorSet validators() {
        return sets.set(epoch());
    }

    @Override
    public Optional<ValidatorSet> validators(long epoch) {
        return epoch >= 0 && (epoch == epoch() || epoch == epoch() - 1)
                ? Optional.of(sets.set(epoch))
                : Optional.empty();
    }

    @Override
    public BlockHeader finalizedHead() {
        return head;
    }

    @Override
    public boolean contains(Digest id) {
        return known.containsKey(id);
    }

    @Override
    public Optional<BlockHeader> header(Digest id) {
        return Optional.ofNullable(known.get(id)).map(p -> p.known().header());
    }

    @Override
    public Optional<Block> block(Digest id) {
        return Optional.ofNullable(known.get(id))
                .flatMap(p -> Optional.ofNullable(p.known().block()));
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
        Known parent = get(parentId);
        if (!mayFollow(parent, epoch)) {
            throw new IllegalArgumentException("epoch " + epoch + " may not follow " + parent.header());
        }
        boolean trailing = isTrailing(parent.header(), epoch);
        long timeMillis = Math.max(nowMillis, parent.header().timeMillis() + 1);
        SortedMap<String, Long> nonces = new TreeMap<>(parent.nonces());
        List<BodyEntry> chosen = new ArrayList<>();
        for (BodyEntry t : candidates) {
            if (!trailing && chosen.size() < MAX_TRANSACTIONS && t.firstNonce() > nonces.getOrDefault(sender(t), -1L)) {
                nonces.put(sender(t), t.lastNonce());
                chosen.add(t);
            }
        }
        List<Equivocation> carried = evidence.stream()
                .filter(e -> !trailing && admits(parentId, e))
                .sorted(Comparator.comparing(this::offence))
                .limit(Block.MAX_EVIDENCE)
                .toList();
        return new Block(
                header(
                        epoch,
                        view,
                        viewIn(parent.header(), epoch),
                        parent.header().height() + 1,
                        parentId,
                        parent.ancestors(),
                        chosen,
                        carried,
                        parent.root(),
                        nextRoot(parent, epoch, timeMillis),
                        timeMillis,
                        proposer),
                chosen,
                carried);
    }

    @Override
    public boolean admits(Digest parentId, Equivocation e) {
        Known parent = get(parentId);
        SortedMap<String, Long> state = parent.nonces();
        long now = parent.header().isClosing()
                ? parent.header().epoch() + 1
                : parent.header().epoch();
        if (e.epoch() > now
                || e.epoch() < now - 1
                || e.validator() >= sets.set(e.epoch()).size()) {
            return false;
        }
        String ofAccused = "evidence/" + sets.node(sets.set(e.epoch()), e.validator()) + "/";
        return !state.containsKey(offence(e))
                && state.subMap(ofAccused, ofAccused + "~").size() < MAX_OFFENCES;
    }

    private String offence(Equivocation e) {
        return "evidence/" + sets.node(sets.set(e.epoch()), e.validator()) + "/" + e.epoch() + "/" + e.view() + "/"
                + e.offence().code();
    }

    private boolean holds(List<Equivocation> evidence, Digest parentId) {
        String last = "";
        for (Equivocation e : evidence) {
            if (!admits(parentId, e)
                    || last.compareTo(offence(e)) >= 0
                    || !SimKeys.verifier(sets.set(e.epoch())).holds(e.validator(), e.first(), e.firstSignature())
                    || !SimKeys.verifier(sets.set(e.epoch())).holds(e.validator(), e.second(), e.secondSignature())) {
                return false;
            }
            last = offence(e);
        }
        return true;
    }

    @Override
    public Verdict checkCertified(Block block) {
        return check(block);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // of the same parent object, not of one that says the same
    public Verdict check(Block block) {
        Place place = known.get(block.header().previous());
        if (place == null) {
            return Verdict.rejected(Code.NOT_FOUND, "unknown parent");
        }
        Known parent = place.known();
        if (!mayFollow(parent, block.header().epoch())) {
            return Verdict.rejected(Code.INVALID_PROOF, "epoch does not follow from parent");
        }
        if (shared.soundOn.get(block) == parent) {
            return Verdict.ACCEPTED;
        }
        Verdict verdict = follows(block, parent);
        if (verdict.accepted()) {
            shared.soundOn.put(block, parent);
        }
        return verdict;
    }

    /** Whether a block follows from its parent; the same in every tree that has this parent. */
    private Verdict follows(Block block, Known parent) {
        BlockHeader h = block.header();
        BlockHeader p = parent.header();
        long parentView = viewIn(p, h.epoch());
        if (isTrailing(p, h.epoch())
                && !(block.entries().isEmpty() && block.evidence().isEmpty())) {
            return Verdict.rejected(Code.INVALID_PROOF, "carries something after the end of its epoch");
        }
        if (!h.equals(header(
                        h.epoch(),
                        h.view(),
                        parentView,
                        p.height() + 1,
                        h.previous(),
                        parent.ancestors(),
                        block.entries(),
                        block.evidence(),
                        parent.root(),
                        nextRoot(parent, h.epoch(), h.timeMillis()),
                        h.timeMillis(),
                        h.proposer()))
                || h.view() <= parentView
                || h.timeMillis() <= p.timeMillis()
                || !holds(block.evidence(), h.previous())) {
            return Verdict.rejected(Code.INVALID_PROOF, "header does not follow from parent and body");
        }
        SortedMap<String, Long> nonces = new TreeMap<>(parent.nonces());
        for (BodyEntry t : block.entries()) {
            if (t.firstNonce() <= nonces.getOrDefault(sender(t), -1L)) {
                return Verdict.rejected(Code.CONFLICT, "replayed " + t);
            }
            nonces.put(sender(t), t.lastNonce());
        }
        return Verdict.ACCEPTED;
    }

    @Override
    public void add(Block block) {
        Digest id = block.id();
        if (known.containsKey(id)) {
            return;
        }
        Place parent = place(block.header().previous());
        known.put(id, new Place(make(id, block, parent.known())));
        parent.children().add(id);
    }

    @SuppressWarnings("ReferenceEquality") // of the same parent object, not of one that says the same
    private Known make(Digest id, Block block, Known parent) {
        Made same = shared.made.get(id);
        if (same != null
                && same.parent() == parent
                && Objects.equals(same.known().block(), block)) {
            return same.known();
        }
        SortedMap<String, Long> nonces = new TreeMap<>(parent.nonces());
        block.evidence().forEach(e -> nonces.put(offence(e), block.header().height()));
        block.entries().forEach(t -> nonces.put(sender(t), t.lastNonce()));
        Known made = new Known(
                block.header(),
                block,
                nonces,
                root(nonces),
                startMillis(parent, block.header().epoch()),
                isTrailing(parent.header(), block.header().epoch()),
                parent.ancestors().with(id));
        shared.made.putIfAbsent(id, new Made(made, parent));
        return made;
    }

    @Override
    public List<Block> finalizeUpTo(Digest id) {
        List<Block> chain = new ArrayList<>();
        for (Digest at = id; !at.equals(headId); ) {
            Known k = get(at);
            Block block = k.block();
            if (block == null) {
                throw new IllegalArgumentException("block " + id + " does not descend from the finalized head");
            }
            if (!k.trailing()) {
                chain.add(block);
            }
            at = block.header().previous();
        }
        if (chain.isEmpty()) {
            return chain;
        }
        Collections.reverse(chain);
        for (Block block : chain) {
            Digest next = block.id();
            Place before = place(headId);
            known.remove(headId);
            before.children().stream().filter(c -> !c.equals(next)).forEach(this::drop);
            head = block.header();
            headId = next;
        }
        if (head.isClosing()) {
            List<Digest> children = place(headId).children();
            List<Digest> trailing =
                    children.stream().filter(c -> get(c).trailing()).toList();
            trailing.forEach(this::drop);
            children.removeAll(trailing);
        }
        return chain;
    }

    /** Removes a block and all that descends from it. */
    private void drop(Digest id) {
        Place dropped = known.remove(id);
        if (dropped != null) {
            dropped.children().forEach(this::drop);
        }
    }

    @Override
    public List<Digest> ancestorPath(Digest id, Digest descendant) {
        List<Digest> ids = new ArrayList<>();
        Digest at = descendant;
        while (!at.equals(id)) {
            at = get(at).header().previous();
            ids.add(at);
        }
        Collections.reverse(ids);
        return get(get(id).header().previous()).ancestors().path(ids);
    }

    @Override
    public List<Outcome> outcomes(Digest id) {
        Block block = get(id).block();
        return block == null
                ? List.of()
                : Collections.nCopies(block.transactions().size(), Outcome.applied());
    }

    @Override
    public Receipts receipts(Digest id) {
        return Receipts.NONE;
    }

    @Override
    public Digest stateRoot(Digest id) {
        return get(id).root();
    }

    @Override
    public StateReader state(Digest id, String module) {
        return key -> Optional.empty();
    }

    @Override
    public byte[] treePath(Digest id, String module, byte[] key) {
        throw new UnsupportedOperationException("the simulated state has no proofs");
    }

    /** Whether the finalized state knows its nonces. */
    boolean spent(BodyEntry t) {
        return spent(headId).test(t);
    }

    /** Which entries the state of a block knows. */
    Predicate<BodyEntry> spent(Digest id) {
        SortedMap<String, Long> nonces = get(id).nonces();
        return t -> t.firstNonce() <= nonces.getOrDefault(sender(t), -1L);
    }
}
