package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.consensus.LeaderSchedule;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Everything a faulty validator of an exploration may say: both of two blocks where it leads, on every parent there is; every
 * vote in every view for every block there is; certificates that only it signed. Each may arrive at any node at any time
 * once what it speaks of is there. Confined.
 */
final class Liar {
    private static final long WALL_MILLIS = 1_800_000_000_000L;

    private final int index;
    private final SimSets sets;
    private final ValidatorSet set;
    private final PostBook book;
    private final int views;
    private final boolean forges;
    private final LeaderSchedule schedule;
    private final SimTree tree;
    private final Digest genesis;

    Liar(int index, SimSets sets, PostBook book, int views, boolean forges) {
        this.index = index;
        this.sets = sets;
        this.set = sets.set(0);
        this.book = book;
        this.views = views;
        this.forges = forges;
        this.schedule = new LeaderSchedule(set);
        this.tree = new SimTree(SimKeys.network(), sets);
        this.genesis = tree.finalizedHead().id();
    }

    private int post(Message message) {
        return book.number(index, PostBook.ALL, message);
    }

    private Vote vote(VoteKind kind, long view, Digest block) {
        VoteStatement statement = new VoteStatement(kind, 0, view, block);
        return new Vote(index, statement, sets.sign(index, statement));
    }

    /** What it can say before anybody else said anything. */
    List<Integer> unprompted() {
        List<Integer> posts = new ArrayList<>();
        for (int view = 1; view <= views; view++) {
            posts.add(post(new Message.Voted(vote(VoteKind.NULLIFY, view, Digest.ZERO))));
            if (schedule.leader(view) == index) {
                posts.addAll(propose(genesis, view));
            }
        }
        if (forges) {
            posts.add(post(new Message.Certificates(List.of(forged()))));
        }
        return posts;
    }

    /** What it can say once something was put on the wire. */
    List<Integer> after(int number) {
        PostBook.Post post = book.get(number);
        if (post.from() == index || !(post.message() instanceof Message.Proposal m)) {
            return List.of();
        }
        Block block = m.block();
        if (!tree.contains(block.id()) && tree.contains(block.header().previous())) {
            tree.add(block);
        }
        return ballots(block);
    }

    private List<Integer> ballots(Block block) {
        List<Integer> posts = new ArrayList<>();
        long view = block.header().view();
        posts.add(post(new Message.Voted(vote(VoteKind.NOTARIZE, view, block.id()))));
        posts.add(post(new Message.Voted(vote(VoteKind.FINALIZE, view, block.id()))));
        for (long later = view + 1; later <= views; later++) {
            if (schedule.leader(later) == index && tree.contains(block.id())) {
                posts.addAll(propose(block.id(), later));
            }
        }
        return posts;
    }

    /** Two blocks that differ in nothing but their time. */
    private List<Integer> propose(Digest parent, long view) {
        List<Integer> posts = new ArrayList<>();
        for (int twin = 0; twin < 2; twin++) {
            Block block = tree.assemble(parent, 0, view, set.get(index).id(), WALL_MILLIS + twin, List.of(), List.of());
            tree.add(block);
            posts.add(post(new Message.Proposal(block, vote(VoteKind.NOTARIZE, view, block.id()), List.of())));
            posts.addAll(ballots(block));
        }
        return posts;
    }

    /** That everybody gave the first view up, signed by nobody else. */
    private Certificate forged() {
        VoteStatement statement = new VoteStatement(VoteKind.NULLIFY, 0, 1, Digest.ZERO);
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < set.size(); i++) {
            signatures.add(new Certificate.IndexedSignature(i, sets.sign(index, statement)));
        }
        return new Certificate(statement, signatures);
    }
}
