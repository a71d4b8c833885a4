package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.impl.consensus.AvailabilityCertificate;
import online.hypermesh.impl.consensus.AvailabilityStatement;
import online.hypermesh.impl.consensus.Batch;
import online.hypermesh.impl.consensus.BodyParts;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NodeId;

/** What a faulty validator says of batches. It signs with its own key only. Confined. */
final class BatchLies {
    private static final int MEMORY = 12;
    private static final int FLOOD = 80;

    private final Simulation sim;
    private final SimNode node;
    private final SimSets sets;
    private final SplittableRandom random;
    private final List<Message.OfBatches> heard = new ArrayList<>();
    private final List<AvailabilityCertificate> certificates = new ArrayList<>();
    private long sequence;

    BatchLies(Simulation sim, SimNode node, SimSets sets, SplittableRandom random) {
        this.sim = sim;
        this.node = node;
        this.sets = sets;
        this.random = random;
    }

    private long epoch() {
        return node.position().epoch();
    }

    private ValidatorSet set() {
        return sets.set(epoch());
    }

    private int self() {
        return sets.index(epoch(), node.index);
    }

    private <T> void keep(List<T> memory, T item) {
        memory.add(item);
        if (memory.size() > MEMORY) {
            memory.remove(random.nextInt(MEMORY));
        }
    }

    /** Something arrived at the faulty validator. */
    void overhear(Message message) {
        if (message instanceof Message.OfBatches m) {
            keep(heard, m);
        }
        if (message instanceof Message.BatchCertified m) {
            keep(certificates, m.certificate());
        }
    }

    /** Something that was said of batches. */
    Optional<Message> heard() {
        return heard.isEmpty() ? Optional.empty() : Optional.of(heard.get(random.nextInt(heard.size())));
    }

    // ---------------------------------------------------------------- proposals

    /** A block of which all stands in a batch that few have, or all, and that only this validator promised to hold. */
    boolean nameUncertified(Message.Proposal m) {
        List<BodyEntry> entries = m.block().entries();
        if (entries.stream().map(BodyEntry::id).distinct().count() < entries.size()) {
            return false;
        }
        sim.count("uncertified batch");
        Batch batch = new Batch(SimKeys.network(), epoch(), self(), next(), entries);
        int mask = random.nextInt(3) == 0 ? -1 : random.nextInt(1 << set().size());
        for (int i = 0; i < set().size(); i++) {
            if (i != self() && (mask >> i & 1) == 1) {
                sim.network().send(node, set().get(i).id(), new Message.BatchOffered(batch));
            }
        }
        BodyParts parts =
                new BodyParts(List.of(forged(batch.statement())), List.of(new BodyParts.Run(0, 0, entries.size())));
        say(new Message.PartedProposal(m.block().header(), parts, m.block().evidence(), m.vote(), m.justification()));
        return true;
    }

    /** The same block with other certificates, other places, or everything in it. */
    boolean nameOtherwise(Message.PartedProposal m) {
        sim.count("batches named falsely");
        List<AvailabilityCertificate> named = new ArrayList<>(m.parts().batches());
        List<BodyParts.Part> parts = new ArrayList<>(m.parts().parts());
        int victim = named.isEmpty() ? 0 : random.nextInt(named.size());
        // whoever names what cannot be is not listened to for a while: that is kept rare
        switch (random.nextInt(12)) {
            case 0 -> {
                return proposeWhole(m);
            }
            case 1 -> parts.add(new BodyParts.Run(victim, random.nextInt(3), 1 + random.nextInt(70)));
            case 2 -> named.add(named.get(victim));
            default -> named.set(victim, forged(named.get(victim).statement()));
        }
        say(new Message.PartedProposal(
                m.header(), new BodyParts(named, parts), m.evidence(), m.vote(), m.justification()));
        return true;
    }

    /** More inline than there may be. */
    private boolean proposeWhole(Message.PartedProposal m) {
        SimTree tree = node.tree();
        Optional<Block> block =
                tree == null ? Optional.empty() : tree.block(m.header().id());
        block.ifPresent(b -> sim.network().broadcast(node, new Message.Proposal(b, m.vote(), m.justification())));
        return block.isPresent();
    }

    /** Certificates of other batches in the place of those named. */
    boolean nameStale(Message.PartedProposal m) {
        if (certificates.isEmpty()) {
            return false;
        }
        sim.count("stale");
        List<AvailabilityCertificate> named = new ArrayList<>(m.parts().batches());
        named.set(random.nextInt(named.size()), certificates.get(random.nextInt(certificates.size())));
        say(new Message.PartedProposal(
                m.header(), new BodyParts(named, m.parts().parts()), m.evidence(), m.vote(), m.justification()));
        return true;
    }

    /** Two blocks of one view that name the same batches. */
    boolean proposeTwice(Message.PartedProposal m) {
        sim.count("equivocation");
        BlockHeader h = Adversary.retimed(m.header(), m.header().timeMillis() + 1);
        VoteStatement statement = new VoteStatement(VoteKind.NOTARIZE, epoch(), h.view(), h.id());
        Message other = new Message.PartedProposal(
                h,
                m.parts(),
                m.evidence(),
                new Vote(self(), statement, sets.sign(node.index, statement)),
                m.justification());
        for (int i = 0; i < set().size(); i++) {
            int choice = random.nextInt(4);
            if (i != self() && choice < 3) {
                sim.network().send(node, set().get(i).id(), choice == 0 ? other : m);
            }
        }
        return true;
    }

    private void say(Message message) {
        sim.network().broadcast(node, message);
    }

    /** True signatures of its own key, once, under other names, or more than once. */
    private AvailabilityCertificate forged(AvailabilityStatement statement) {
        Signature own = promise(statement);
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        int how = random.nextInt(3);
        for (int i = 0; i < set().size(); i++) {
            if (how == 0 || i == self()) {
                signatures.add(new Certificate.IndexedSignature(i, own));
            }
            if (how == 1 && i != self()) {
                signatures.add(new Certificate.IndexedSignature(self(), own));
            }
        }
        return new AvailabilityCertificate(statement, signatures);
    }

    private Signature promise(AvailabilityStatement statement) {
        return SimKeys.promise(set().get(self()).votingKey(), statement);
    }

    // ---------------------------------------------------------------- batches

    private long next() {
        return 1_000_000_000L + sequence++;
    }

    /** Two batches of one number, some peers get the one and some the other. */
    boolean offerTwice(Message.BatchOffered m) {
        Batch batch = m.batch();
        if (batch.entries().size() < 2 || batch.maker() != self()) {
            return false;
        }
        sim.count("equivocation");
        Batch other = new Batch(
                SimKeys.network(),
                batch.epoch(),
                batch.maker(),
                batch.sequence(),
                batch.entries().subList(0, 1 + random.nextInt(batch.entries().size() - 1)));
        for (int i = 0; i < set().size(); i++) {
            if (i != self()) {
                sim.network().send(node, set().get(i).id(), random.nextBoolean() ? m : new Message.BatchOffered(other));
            }
        }
        return true;
    }

    /** Another batch than the one asked for. */
    Message instead(Message.BatchOffered m) {
        sim.count("lie");
        Batch b = m.batch();
        return new Message.BatchOffered(new Batch(
                SimKeys.network(), b.epoch(), b.maker(), next(), b.entries().subList(0, 1)));
    }

    /** A promise that is not about the batch. */
    Message instead(Message.BatchPromised m) {
        sim.count("lie");
        AvailabilityStatement s = m.statement();
        return random.nextBoolean()
                ? new Message.BatchPromised(
                        new AvailabilityStatement(s.epoch(), s.maker(), s.sequence() + 1, s.batchId()), m.signature())
                : new Message.BatchPromised(
                        s, promise(new AvailabilityStatement(s.epoch() + 1, s.maker(), s.sequence(), s.batchId())));
    }

    /** More batches than one maker may have others hold, to one of them. */
    void flood() {
        List<BodyEntry> some = heard.stream()
                .filter(m -> m instanceof Message.BatchOffered)
                .map(m -> ((Message.BatchOffered) m).batch().entries().get(0))
                .limit(1)
                .toList();
        if (some.isEmpty() || self() < 0 || random.nextInt(4) > 0) {
            return;
        }
        sim.count("batch flood");
        NodeId to = set().get((self() + 1 + random.nextInt(set().size() - 1)) % set().size())
                .id();
        for (int i = 0; i < FLOOD; i++) {
            sim.network()
                    .send(
                            node,
                            to,
                            new Message.BatchOffered(new Batch(SimKeys.network(), epoch(), self(), next(), some)));
        }
    }

    /** What others said, as if it said so; or asks for what nobody has. */
    void replay() {
        sim.count("replay");
        Optional<Message> again = heard();
        if (again.isPresent() && random.nextInt(3) > 0) {
            say(again.get());
        } else {
            say(new Message.BatchWanted(Digest.sha256(new byte[] {(byte) random.nextInt(100)})));
        }
    }
}
