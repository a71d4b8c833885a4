package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a faulty validator's core and the network: what the core wants said is changed, split, held back or invented
 * by the scenario's tactics. It signs with its own key only. Confined.
 */
final class Adversary {
    private static final int MEMORY = 24;

    private final Simulation sim;
    private final SimNode node;
    private final SimSets sets;
    private final Set<Tactic> tactics;
    private final SplittableRandom random;
    private final List<Digest> ownProposals = new ArrayList<>();
    private final List<Certificate> certificates = new ArrayList<>();
    private final List<Vote> votes = new ArrayList<>();
    private final BatchLies batches;
    private Message.@Nullable Proposal lastProposal;

    Adversary(Simulation sim, SimNode node, SimSets sets, Set<Tactic> tactics, SplittableRandom random) {
        this.sim = sim;
        this.node = node;
        this.sets = sets;
        this.tactics = tactics;
        this.random = random;
        this.batches = new BatchLies(sim, node, sets, random);
    }

    private boolean does(Tactic tactic, int oneIn) {
        return tactics.contains(tactic) && random.nextInt(oneIn) == 0;
    }

    private <T> void keep(List<T> memory, T item) {
        memory.add(item);
        if (memory.size() > MEMORY) {
            memory.remove(random.nextInt(MEMORY));
        }
    }

    private <T> T any(List<T> memory) {
        return memory.get(random.nextInt(memory.size()));
    }

    /** Something arrived at the faulty validator. */
    void overhear(Message message) {
        batches.overhear(message);
        if (message instanceof Message.Proposal m) {
            lastProposal = m;
            keep(votes, m.vote());
            m.justification().forEach(c -> keep(certificates, c));
        } else if (message instanceof Message.Voted m) {
            keep(votes, m.vote());
        } else if (message instanceof Message.Certificates m) {
            m.certificates().forEach(c -> keep(certificates, c));
        }
    }

    /** The core answers one peer. */
    void send(NodeId to, Message message) {
        if (tactics.contains(Tactic.WITHHOLD) && random.nextInt(3) > 0) {
            sim.count("withheld");
            return;
        }
        Message said = message;
        if (message instanceof Message.BlockFound m && does(Tactic.LIE, 2)) {
            sim.count("lie");
            said = new Message.BlockFound(withoutBody(m.block()));
        } else if (message instanceof Message.VotesHeld m && does(Tactic.LIE, 2)) {
            sim.count("lie");
            said = new Message.VotesHeld(m.epoch(), m.incarnation(), List.of(), 1, true, Optional.empty());
        }
        if (message instanceof Message.BatchOffered m && does(Tactic.LIE, 2)) {
            said = batches.instead(m);
        } else if (message instanceof Message.BatchPromised m && does(Tactic.LIE, 3)) {
            said = batches.instead(m);
        }
        sim.network().send(node, to, said);
    }

    private ValidatorSet set() {
        return sets.set(epoch());
    }

    private long epoch() {
        return node.position().epoch();
    }

    /** Its place in the set of the epoch it is in. */
    private int self() {
        return sets.index(epoch(), node.index);
    }

    private Signature sign(VoteStatement statement) {
        return sets.sign(node.index, statement);
    }

    /** The core speaks to all. */
    void broadcast(Message message) {
        if (self() < 0) {
            sim.network().broadcast(node, message);
            return;
        }
        invent();
        if (message instanceof Message.Proposal m && tactics.contains(Tactic.EQUIVOCATE) && random.nextInt(4) > 0) {
            proposeTwice(m);
            return;
        }
        if (message instanceof Message.Proposal m && !m.block().entries().isEmpty() && does(Tactic.LIE, 3)) {
            proposeDamagedToOne(m);
            return;
        }
        if (saysOfBatches(message)) {
            return;
        }
        Message said = message;
        if (message instanceof Message.Proposal m && !certificates.isEmpty() && does(Tactic.STALE, 3)) {
            sim.count("stale");
            said = new Message.Proposal(m.block(), m.vote(), List.of(any(certificates), any(certificates)));
        }
        if (message instanceof Message.Proposal m && does(Tactic.LIE, 2)) {
            sim.count("lie");
            said = proposal(random.nextBoolean() ? impossible(m.block()) : fromTheFuture(m.block()), m.justification());
        }
        if (tactics.contains(Tactic.WITHHOLD) && random.nextInt(3) > 0) {
            withhold(said);
        } else {
            sim.network().broadcast(node, said);
        }
        if (message instanceof Message.Voted m && tactics.contains(Tactic.EQUIVOCATE) && random.nextInt(2) == 0) {
            voteForEverything(m.vote().view());
        }
    }

    /** What it makes of proposals that name batches, and of batches; whether that was said in the message's place. */
    private boolean saysOfBatches(Message message) {
        if (message instanceof Message.Proposal m && !m.block().entries().isEmpty()) {
            return does(Tactic.LIE, 2) && batches.nameUncertified(m);
        }
        if (message instanceof Message.PartedProposal m) {
            return (does(Tactic.LIE, 2) && batches.nameOtherwise(m))
                    || (does(Tactic.STALE, 3) && batches.nameStale(m))
                    || (does(Tactic.EQUIVOCATE, 2) && batches.proposeTwice(m));
        }
        return message instanceof Message.BatchOffered m && does(Tactic.EQUIVOCATE, 2) && batches.offerTwice(m);
    }

    /**
     * The others get what holds and may certify it; one gets the same header without the body, soon or when the view has
     * passed and a certificate makes it look for the body.
     */
    private void proposeDamagedToOne(Message.Proposal m) {
        sim.count("lie");
        Message damaged = new Message.Proposal(withoutBody(m.block()), m.vote(), m.justification());
        int victim = random.nextInt(set().size());
        boolean late = random.nextInt(4) > 0;
        for (int i = 0; i < set().size(); i++) {
            NodeId to = set().get(i).id();
            if (i == self()) {
                continue;
            }
            if (i != victim) {
                sim.network().send(node, to, m);
            } else if (late) {
                sim.later(20 + random.nextInt(400), () -> sim.network().send(node, to, damaged));
            } else {
                sim.network().send(node, to, damaged);
            }
        }
    }

    private void withhold(Message message) {
        int mask = random.nextInt(1 << set().size());
        sim.count("withheld");
        for (int i = 0; i < set().size(); i++) {
            if (i != self() && (mask >> i & 1) == 1) {
                NodeId to = set().get(i).id();
                if (random.nextInt(4) == 0) {
                    sim.later(random.nextInt(1_500), () -> sim.network().send(node, to, message));
                } else {
                    sim.network().send(node, to, message);
                }
            }
        }
    }

    // ---------------------------------------------------------------- contradictions

    /** Two proposals of one view; which peers see which is drawn once per view, so that camps can form. */
    private void proposeTwice(Message.Proposal m) {
        sim.count("equivocation");
        Block twin = random.nextInt(2) == 0 ? twin(m.block()) : onAnotherParent(m.block());
        Digest twinId = twin.id();
        SimTree tree = node.tree();
        if (tree != null && tree.contains(twin.header().previous())) {
            tree.add(twin);
        }
        keep(ownProposals, m.block().id());
        keep(ownProposals, twinId);
        Message other =
                new Message.Proposal(twin, vote(VoteKind.NOTARIZE, twin.header().view(), twinId), m.justification());
        boolean onlyTheTwin = random.nextInt(3) == 0;
        for (int i = 0; i < set().size(); i++) {
            int choice = onlyTheTwin ? 2 : random.nextInt(5);
            if (i != self() && choice < 4) {
                sim.network().send(node, set().get(i).id(), choice < 2 ? m : other);
                if (choice == 3) {
                    sim.network().send(node, set().get(i).id(), m);
                }
            }
        }
    }

    private void voteForEverything(long view) {
        sim.count("equivocation");
        Message.Proposal p = lastProposal;
        sim.network().broadcast(node, new Message.Voted(vote(VoteKind.NULLIFY, view, Digest.ZERO)));
        if (p != null && p.vote().view() == view) {
            Digest block = p.vote().statement().blockId();
            sim.network().broadcast(node, new Message.Voted(vote(VoteKind.FINALIZE, view, block)));
            sim.network().broadcast(node, new Message.Voted(vote(VoteKind.NOTARIZE, view, block)));
        }
    }

    private Vote vote(VoteKind kind, long view, Digest block) {
        return vote(new VoteStatement(kind, epoch(), view, block));
    }

    private Vote vote(VoteStatement statement) {
        return new Vote(self(), statement, sign(statement));
    }

    /** The same view's block on a parent it must not have: the finalized head, or an own earlier proposal. */
    private Block onAnotherParent(Block block) {
        SimTree known = node.tree();
        if (known == null) {
            return twin(block);
        }
        List<Digest> parents =
                new ArrayList<>(ownProposals.subList(Math.max(0, ownProposals.size() - 4), ownProposals.size()));
        parents.add(known.finalizedHead().id());
        known.header(block.header().previous()).ifPresent(parent -> parents.add(parent.previous()));
        Digest parent = any(parents);
        BlockHeader on = known.header(parent).orElse(null);
        if (on == null
                || on.epoch() != block.header().epoch()
                || on.view() >= block.header().view()
                || parent.equals(block.header().previous())) {
            return twin(block);
        }
        return known.assemble(
                parent,
                on.epoch(),
                block.header().view(),
                node.id,
                block.header().timeMillis(),
                block.entries());
    }

    private Message proposal(Block block, List<Certificate> justification) {
        return new Message.Proposal(
                block, vote(VoteKind.NOTARIZE, block.header().view(), block.id()), justification);
    }

    /** The same header, and so the same id, with nothing behind it. */
    private static Block withoutBody(Block block) {
        return new Block(block.header(), List.of(), block.evidence());
    }

    /** A block whose header does not follow from its body. */
    private static Block impossible(Block block) {
        Block other = new Block(retimed(block.header(), block.header().timeMillis()), List.of());
        return other.entries().equals(block.entries()) ? new Block(retimed(block.header(), 1), List.of()) : other;
    }

    private static Block fromTheFuture(Block block) {
        return new Block(
                retimed(block.header(), block.header().timeMillis() + 600_000), block.entries(), block.evidence());
    }

    private static Block twin(Block block) {
        return new Block(retimed(block.header(), block.header().timeMillis() + 1), block.entries(), block.evidence());
    }

    static BlockHeader retimed(BlockHeader h, long timeMillis) {
        return new BlockHeader(
                h.version(),
                h.network(),
                h.epoch(),
                h.view(),
                h.parentView(),
                h.height(),
                h.previous(),
                h.ancestorsRoot(),
                h.transactionsRoot(),
                h.parentStateRoot(),
                h.parentReceiptsRoot(),
                h.evidenceRoot(),
                h.proofsRoot(),
                h.validatorsRoot(),
                h.nextValidatorsRoot(),
                timeMillis,
                h.proposer(),
                h.bodyCommitment(),
                h.bodyLength(),
                h.suite());
    }

    // ---------------------------------------------------------------- inventions

    private void invent() {
        if (does(Tactic.EQUIVOCATE, 6)) {
            sim.count("forged");
            sim.network().broadcast(node, new Message.Certificates(List.of(forged())));
        }
        if (!certificates.isEmpty() && does(Tactic.STALE, 2)) {
            sim.count("stale");
            sim.network().broadcast(node, new Message.Certificates(List.of(any(certificates), any(certificates))));
            sim.network().broadcast(node, new Message.Position(epoch(), 1, 0, 1));
        }
        if (does(Tactic.REPLAY, 2)) {
            replay();
        }
        if (does(Tactic.GARBAGE, 2)) {
            garbage();
        }
        if (does(Tactic.LIE, 3)) {
            lie();
        }
        if (does(Tactic.LIE, 12)) {
            batches.flood();
        }
        if (does(Tactic.REPLAY, 4)) {
            batches.replay();
        }
    }

    /** A certificate with true signatures of its own key under everybody's name. */
    private Certificate forged() {
        VoteKind kind = VoteKind.values()[random.nextInt(3)];
        Digest block = kind == VoteKind.NULLIFY || ownProposals.isEmpty() ? Digest.ZERO : any(ownProposals);
        VoteStatement statement = new VoteStatement(
                block.equals(Digest.ZERO) ? VoteKind.NULLIFY : kind, epoch(), node.view() + random.nextInt(2), block);
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < set().size(); i++) {
            signatures.add(new Certificate.IndexedSignature(i, sign(statement)));
        }
        return new Certificate(statement, signatures);
    }

    private void replay() {
        sim.count("replay");
        long view = node.view();
        switch (random.nextInt(7)) {
            case 0 -> {
                if (!votes.isEmpty()) {
                    sim.network().broadcast(node, new Message.Voted(any(votes)));
                }
            }
            case 1 -> {
                if (!votes.isEmpty()) {
                    Vote of = any(votes);
                    VoteStatement s = of.statement();
                    VoteStatement moved = new VoteStatement(s.kind(), epoch(), view, s.blockId());
                    sim.network().broadcast(node, new Message.Voted(new Vote(self(), moved, of.signature())));
                }
            }
            case 2 ->
                sim.network()
                        .broadcast(
                                node,
                                new Message.Voted(
                                        vote(new VoteStatement(VoteKind.NULLIFY, epoch() + 1, view, Digest.ZERO))));
            case 3 ->
                sim.network()
                        .broadcast(
                                node,
                                new Message.Voted(vote(VoteKind.NULLIFY, view + 1 + random.nextInt(40), Digest.ZERO)));
            default -> relabel(view);
        }
    }

    /** True signatures under a statement that they do not speak of, or one signer counted twice. */
    private void relabel(long view) {
        if (certificates.isEmpty()) {
            return;
        }
        Certificate c = any(certificates);
        VoteStatement s = c.statement();
        if (c.votes().size() < 2) {
            return;
        }
        VoteKind kind = s.kind() == VoteKind.NULLIFY ? VoteKind.NULLIFY : VoteKind.FINALIZE;
        List<Certificate.IndexedSignature> twice =
                new ArrayList<>(c.votes().subList(0, c.votes().size() - 1));
        twice.add(twice.get(twice.size() - 1));
        Certificate said = switch (random.nextInt(5)) {
            case 0 -> new Certificate(new VoteStatement(kind, epoch(), s.view(), s.blockId()), c.votes());
            case 1 -> new Certificate(new VoteStatement(s.kind(), epoch(), view, s.blockId()), c.votes());
            case 2 -> new Certificate(new VoteStatement(s.kind(), epoch() + 1, s.view(), s.blockId()), c.votes());
            case 3 -> new Certificate(s, twice);
            default -> few(view);
        };
        sim.network().broadcast(node, new Message.Certificates(List.of(said)));
    }

    /** Votes for the current view, as many as were heard, short of a quorum or not, with its own. */
    private Certificate few(long view) {
        VoteStatement statement = new VoteStatement(VoteKind.NULLIFY, epoch(), view, Digest.ZERO);
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < set().size(); i++) {
            int signer = i;
            if (i == self()) {
                signatures.add(new Certificate.IndexedSignature(i, sign(statement)));
            } else {
                votes.stream()
                        .filter(v -> v.validator() == signer && v.statement().equals(statement))
                        .findFirst()
                        .ifPresent(v -> signatures.add(new Certificate.IndexedSignature(signer, v.signature())));
            }
        }
        return new Certificate(statement, signatures);
    }

    private void garbage() {
        sim.count("garbage");
        byte[] bytes;
        if (votes.isEmpty() || random.nextInt(3) == 0) {
            bytes = new byte[random.nextInt(200)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) random.nextInt(256);
            }
        } else {
            Message base = random.nextInt(2) == 0 || certificates.isEmpty()
                    ? batches.heard().orElse(new Message.Voted(any(votes)))
                    : new Message.Certificates(List.of(any(certificates)));
            bytes = base.encode();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        sim.network().broadcastBytes(node, bytes);
    }

    private void lie() {
        sim.count("lie");
        long far = node.view() + 1 + random.nextInt(1_000);
        switch (random.nextInt(4)) {
            case 0 -> sim.network().broadcast(node, new Message.Position(epoch() + random.nextInt(2), far, far, 1));
            case 1 -> sim.network().broadcast(node, new Message.VotesWanted(epoch(), random.nextInt(5)));
            case 2 -> {
                int accused = random.nextInt(set().size());
                VoteStatement a = new VoteStatement(VoteKind.NULLIFY, epoch(), node.view(), Digest.ZERO);
                VoteStatement b =
                        new VoteStatement(VoteKind.FINALIZE, epoch(), node.view(), Digest.sha256(new byte[] {1}));
                sim.network()
                        .broadcast(
                                node, new Message.Evidence(List.of(Equivocation.of(accused, a, sign(a), b, sign(b)))));
            }
            default -> sim.network().broadcast(node, new Message.BlockWanted(Digest.sha256(new byte[] {(byte) far})));
        }
    }

    /** What it answers to somebody who is behind. */
    List<FinalizedBlock> serve(List<FinalizedBlock> truth) {
        // who is caught lying is not asked again for a while, so the lie is kept for those who are far behind
        boolean worthIt = truth.size() > 1 ? random.nextInt(6) > 0 : random.nextInt(6) == 0;
        if (truth.isEmpty() || !tactics.contains(Tactic.LIE) || !worthIt) {
            return tactics.contains(Tactic.WITHHOLD) ? List.of() : truth;
        }
        sim.count("false chain");
        List<FinalizedBlock> said = new ArrayList<>(truth);
        int last = said.size() - 1;
        FinalizedBlock f = said.get(last);
        BlockHeader h = f.block().header();
        switch (random.nextInt(6)) {
            case 0 -> said.set(last, new FinalizedBlock(new Block(h, List.of()), f.certificate()));
            case 1 -> said.remove(random.nextInt(Math.max(1, last)));
            case 2 -> Collections.swap(said, random.nextInt(said.size()), last);
            case 3 -> said.add(random.nextInt(said.size()), f);
            case 4 -> {
                Block other =
                        new Block(retimed(h, h.timeMillis() + 1), f.block().entries());
                VoteStatement s = new VoteStatement(VoteKind.FINALIZE, h.epoch(), h.view(), other.id());
                List<Certificate.IndexedSignature> own = new ArrayList<>();
                for (int i = 0; i < set().size(); i++) {
                    own.add(new Certificate.IndexedSignature(i, sign(s)));
                }
                said.set(last, new FinalizedBlock(other, new Certificate(s, own)));
            }
            default ->
                said.set(
                        last,
                        new FinalizedBlock(
                                f.block(),
                                new Certificate(
                                        new VoteStatement(VoteKind.FINALIZE, h.epoch(), h.view() + 1, Digest.ZERO),
                                        f.certificate().votes())));
        }
        return said;
    }
}
