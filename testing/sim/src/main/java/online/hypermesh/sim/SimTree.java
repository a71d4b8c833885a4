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

/** A block tree whose state is the newest nonce of every sender and every recorded offence; checks what the core relies on. Confined. */
final class SimTree implements BlockTree {
    private static final DomainTag STATE_TAG = new DomainTag("hypermesh/sim-state/v1");
    private static final Digest EMPTY = MerkleTree.root(List.of());
    private static final int MAX_TRANSACTIONS = 50;
    private static final int MAX_OFFENCES = 8;

    private record Known(BlockHeader header, @Nullable Block block, SortedMap<String, Long> nonces, Digest root) {}

    private final NetworkId network;
    private final ValidatorSet set;
    private final Map<Digest, Known> known = new LinkedHashMap<>();
    private BlockHeader head;

    SimTree(NetworkId network, ValidatorSet set) {
        this.network = network;
        this.set = set;
        SortedMap<String, Long> none = new TreeMap<>();
        head = header(
                0,
                0,
                0,
                0,
                Digest.ZERO,
                List.of(),
                List.of(),
                Digest.ZERO,
                0,
                set.get(0).id());
        known.put(head.id(), new Known(head, null, none, root(none)));
    }

    private BlockHeader header(
            long epoch,
            long view,
            long parentView,
            long height,
            Digest previous,
            List<BodyEntry> transactions,
            List<Equivocation> evidence,
            Digest stateRoot,
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
                Block.transactionsRoot(transactions),
                stateRoot,
                EMPTY,
                Block.evidenceRoot(evidence),
                EMPTY,
                EMPTY,
                timeMillis,
                proposer,
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
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
    public ValidatorSet validators() {
        return set;
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
        SortedMap<String, Long> nonces = new TreeMap<>(parent.nonces());
        List<BodyEntry> chosen = new ArrayList<>();
        for (BodyEntry t : candidates) {
            if (chosen.size() < MAX_TRANSACTIONS && t.firstNonce() > nonces.getOrDefault(sender(t), -1L)) {
                nonces.put(sender(t), t.lastNonce());
                chosen.add(t);
            }
        }
        List<Equivocation> carried = evidence.stream()
                .filter(e -> admits(parentId, e))
                .sorted(Comparator.comparing(SimTree::offence))
                .limit(Block.MAX_EVIDENCE)
                .toList();
        return new Block(
                header(
                        epoch,
                        view,
                        parent.header().view(),
                        parent.header().height() + 1,
                        parentId,
                        chosen,
                        carried,
                        parent.root(),
                        Math.max(nowMillis, parent.header().timeMillis() + 1),
                        proposer),
                chosen,
                carried);
    }

    @Override
    public boolean admits(Digest parentId, Equivocation e) {
        SortedMap<String, Long> state = get(parentId).nonces();
        String ofAccused = "evidence/" + e.validator() + "/";
        return e.epoch() == 0
                && e.validator() < set.size()
                && !state.containsKey(offence(e))
                && state.subMap(ofAccused, ofAccused + "~").size() < MAX_OFFENCES;
    }

    private static String offence(Equivocation e) {
        return "evidence/" + e.validator() + "/" + e.view() + "/" + e.offence().code();
    }

    private boolean holds(List<Equivocation> evidence, Digest parentId) {
        String last = "";
        for (Equivocation e : evidence) {
            if (last.compareTo(offence(e)) >= 0
                    || !admits(parentId, e)
                    || !SimKeys.verifier().holds(e.validator(), e.first(), e.firstSignature())
                    || !SimKeys.verifier().holds(e.validator(), e.second(), e.secondSignature())) {
                return false;
            }
            last = offence(e);
        }
        return true;
    }

    @Override
    public Verdict check(Block block) {
        BlockHeader h = block.header();
        Known parent = known.get(h.previous());
        if (parent == null) {
            return Verdict.rejected(Code.NOT_FOUND, "unknown parent");
        }
        BlockHeader p = parent.header();
        if (!h.equals(header(
                        p.epoch(),
                        h.view(),
                        p.view(),
                        p.height() + 1,
                        h.previous(),
                        block.entries(),
                        block.evidence(),
                        parent.root(),
                        h.timeMillis(),
                        h.proposer()))
                || h.view() <= p.view()
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
        SortedMap<String, Long> nonces =
                new TreeMap<>(get(block.header().previous()).nonces());
        block.evidence().forEach(e -> nonces.put(offence(e), block.header().height()));
        block.entries().forEach(t -> nonces.put(sender(t), t.lastNonce()));
        known.put(id, new Known(block.header(), block, nonces, root(nonces)));
    }

    @Override
    public List<Block> finalizeUpTo(Digest id) {
        Digest headId = head.id();
        List<Block> chain = new ArrayList<>();
        for (Digest at = id; !at.equals(headId); ) {
            Block block = get(at).block();
            if (block == null) {
                throw new IllegalArgumentException("block " + id + " does not descend from the finalized head");
            }
            chain.add(block);
            at = block.header().previous();
        }
        Collections.reverse(chain);
        head = get(id).header();
        Map<Digest, Known> kept = new LinkedHashMap<>();
        kept.put(id, get(id));
        known.forEach((k, v) -> {
            if (kept.containsKey(v.header().previous())) {
                kept.put(k, v);
            }
        });
        known.clear();
        known.putAll(kept);
        return chain;
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

    boolean spent(Digest id, BodyEntry t) {
        return t.firstNonce() <= get(id).nonces().getOrDefault(sender(t), -1L);
    }
}
