package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
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

    private final NetworkId network;
    private final SimSets sets;
    private final Map<Digest, Known> known = new LinkedHashMap<>();
    private BlockHeader head;
    private Digest headId;

    SimTree(NetworkId network, SimSets sets) {
        this.network = network;
        this.sets = sets;
        SortedMap<String, Long> none = new TreeMap<>();
        head = header(
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
        headId = head.id();
        known.put(headId, new Known(head, null, none, root(none), 0, false, AncestorFrontier.EMPTY.with(headId)));
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

    private static String sender(BodyEntry t) {
        return t.sender().toString();
    }

    private Known get(Digest id) {
        Known k = known.get(id);
        if (k == null) {
            throw new IllegalArgumentException("unknown block " + id);
        }
        return k;
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
        return Optional.ofNullable(known.get(id)).map(Known::header);
    }

    @Override
    public Optional<Block> block(Digest id) {
        return Optional.ofNullable(known.get(id)).flatMap(k -> Optional.ofNullable(k.block()));
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
    public Verdict check(Block block) {
        BlockHeader h = block.header();
        Known parent = known.get(h.previous());
        if (parent == null) {
            return Verdict.rejected(Code.NOT_FOUND, "unknown parent");
        }
        BlockHeader p = parent.header();
        if (!mayFollow(parent, h.epoch())) {
            return Verdict.rejected(Code.INVALID_PROOF, "epoch does not follow from parent");
        }
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
        Known parent = get(block.header().previous());
        SortedMap<String, Long> nonces = new TreeMap<>(parent.nonces());
        block.evidence().forEach(e -> nonces.put(offence(e), block.header().height()));
        block.entries().forEach(t -> nonces.put(sender(t), t.lastNonce()));
        known.put(
                id,
                new Known(
                        block.header(),
                        block,
                        nonces,
                        root(nonces),
                        startMillis(parent, block.header().epoch()),
                        isTrailing(parent.header(), block.header().epoch()),
                        parent.ancestors().with(id)));
    }

    @Override
    public List<Block> finalizeUpTo(Digest id) {
        List<Block> chain = new ArrayList<>();
        for (Digest at = id; !at.equals(headId); ) {
            Block block = get(at).block();
            if (block == null) {
                throw new IllegalArgumentException("block " + id + " does not descend from the finalized head");
            }
            if (!get(at).trailing()) {
                chain.add(block);
            }
            at = block.header().previous();
        }
        if (chain.isEmpty()) {
            return chain;
        }
        Collections.reverse(chain);
        head = chain.get(chain.size() - 1).header();
        headId = head.id();
        Map<Digest, Known> kept = new LinkedHashMap<>();
        kept.put(headId, get(headId));
        known.forEach((k, v) -> {
            if (!(v.trailing() && head.isClosing())
                    && kept.containsKey(v.header().previous())) {
                kept.put(k, v);
            }
        });
        known.clear();
        known.putAll(kept);
        return chain;
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
        return spent(headId, t);
    }

    boolean spent(Digest id, BodyEntry t) {
        return t.firstNonce() <= get(id).nonces().getOrDefault(sender(t), -1L);
    }
}
