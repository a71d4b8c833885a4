package online.hypermesh.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Visits every state that four validators of equal stake can reach, one of which may say anything it can sign, in whatever
 * order messages arrive, as often as they arrive, or if they never do, within bounds of views, timeouts and messages. Honest
 * validators are the production core. States are told apart by everything their cores hold, so that each is visited once;
 * the shortest way to a state that must not be is part of the answer. Confined to one thread.
 */
public final class Exploration {
    private static final int VALIDATORS = 4;

    /** How votes arrive. */
    public enum Arrival {
        /** One by one: every order of every vote. */
        SINGLE,
        /**
         * The votes for one statement together, once they are a quorum. What an honest core does before that does not depend
         * on them, so nothing is lost but orders of arrival, and more views are within reach.
         */
        QUORUMS
    }

    /**
     * The bounds of an exploration.
     *
     * @param name what it is called
     * @param faulty the validator that lies; index i leads the views v with v modulo 4 = i
     * @param views messages of later views are not looked at
     * @param timeouts how often each honest validator gives up waiting
     * @param arrival how votes arrive
     * @param forges whether the faulty validator also shows a certificate that only it signed
     * @param maxStates most states to visit
     */
    public record Bounds(
            String name, int faulty, int views, int timeouts, Arrival arrival, boolean forges, int maxStates) {}

    /**
     * What was found.
     *
     * @param bounds the bounds
     * @param states distinct states of the whole that were visited
     * @param transitions ways between them that were followed
     * @param nodeStates distinct states of single cores
     * @param messages distinct messages
     * @param finalHeight highest final block in any state
     * @param complete whether every state within the bounds was visited
     * @param violation what must not be; empty if it never is
     * @param path the events that lead there
     */
    public record Found(
            Bounds bounds,
            int states,
            long transitions,
            int nodeStates,
            int messages,
            int finalHeight,
            boolean complete,
            String violation,
            List<String> path) {}

    /** The honest nodes' states and what is on the wire, as numbers. */
    private record Whole(int[] nodes, int wire) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Whole w && wire == w.wire && Arrays.equals(nodes, w.nodes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(nodes) * 31 + wire;
        }
    }

    /** How a state was reached: what a node heard, one after the other, before it did something that others can see. */
    private record Reached(Whole whole, int from, int node, List<Integer> events) {}

    /** What a node hears until it does something that others can see, and what that is. */
    private record Stretch(List<Integer> events, ExploredNode.Effect effect) {}

    /** The votes for one statement that can reach a node, and the stake behind them. */
    private record Bundle(VoteStatement statement, int event, long stake) {}

    /** What can reach a node. */
    private record Mail(List<Integer> posts, List<Bundle> bundles) {}

    private final Bounds bounds;
    private final ValidatorSet set;
    private final PostBook book = new PostBook();
    private final Liar liar;
    private final List<ExploredNode> honest = new ArrayList<>();
    private final List<BitSet> wires = new ArrayList<>();
    private final Map<BitSet, Integer> wireNumbers = new HashMap<>();
    private final List<Reached> reached = new ArrayList<>();
    private final Set<Whole> seen = new HashSet<>();
    private final Map<Long, Mail> mail = new HashMap<>();
    private final Map<Long, List<Stretch>> stretches = new HashMap<>();
    private final Deque<Integer> open = new ArrayDeque<>();
    private long transitions;
    private int finalHeight;
    private String violation = "";
    private int violatedAt = -1;

    private Exploration(Bounds bounds) {
        this.bounds = bounds;
        long[] stakes = new long[VALIDATORS];
        Arrays.fill(stakes, 1);
        SimSets sets = new SimSets(Scenario.crashFaults(stakes, 0, 0, 0, 0, false, false, 0), 0, stakes);
        set = sets.set(0);
        liar = new Liar(bounds.faulty(), sets, book, bounds.views(), bounds.forges());
        for (int i = 0; i < VALIDATORS; i++) {
            if (i != bounds.faulty()) {
                honest.add(new ExploredNode(i, sets, book, bounds.views()));
            }
        }
    }

    /**
     * What is explored by default: the leader of the first or the second view lies, with and without views that are given up.
     *
     * @param maxStates most states in each
     * @return the bounds, the smallest first
     */
    public static List<Bounds> standard(int maxStates) {
        return List.of(
                new Bounds("liar-leads-view-1", 1, 1, 0, Arrival.QUORUMS, false, maxStates),
                new Bounds("liar-leads-view-1-timeouts", 1, 1, 1, Arrival.QUORUMS, false, maxStates),
                new Bounds("liar-leads-view-2", 2, 2, 0, Arrival.QUORUMS, false, maxStates),
                new Bounds("liar-leads-view-2-timeouts", 2, 2, 1, Arrival.QUORUMS, false, maxStates),
                new Bounds("liar-leads-view-1-of-2", 1, 2, 0, Arrival.QUORUMS, false, maxStates),
                new Bounds("single-votes-and-forgery", 1, 1, 0, Arrival.SINGLE, true, maxStates));
    }

    /**
     * Explores.
     *
     * @param bounds the bounds
     * @return what was found
     */
    public static Found run(Bounds bounds) {
        return new Exploration(bounds).run();
    }

    private Found run() {
        int[] nodes = new int[honest.size()];
        BitSet wire = new BitSet();
        liar.unprompted().forEach(wire::set);
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = honest.get(i).first().state();
            put(wire, honest.get(i).first().posted());
        }
        reach(new Whole(nodes, number(wire)), -1, -1, List.of());
        while (!open.isEmpty() && violation.isEmpty() && reached.size() < bounds.maxStates()) {
            expand(open.remove());
        }
        return new Found(
                bounds,
                reached.size(),
                transitions,
                honest.stream().mapToInt(ExploredNode::states).sum(),
                book.size(),
                finalHeight,
                open.isEmpty() && violation.isEmpty(),
                violation,
                violatedAt < 0 ? List.of() : path(violatedAt));
    }

    /**
     * What one node hears is nothing to the others until it says something, and what is on the wire stays there: so whatever a
     * node hears may be thought to arrive just before the next thing that it does for others to see.
     */
    private void expand(int at) {
        Whole whole = reached.get(at).whole();
        for (int i = 0; i < honest.size(); i++) {
            int node = i;
            long key = ((long) whole.wire() << 26 | whole.nodes()[i]) * 4 + i;
            List<Stretch> next = stretches.get(key);
            if (next == null) {
                next = stretches(node, whole.nodes()[i], whole.wire());
                stretches.put(key, next);
            }
            for (Stretch stretch : next) {
                follow(at, whole, node, stretch);
                if (!violation.isEmpty()) {
                    return;
                }
            }
        }
    }

    private List<Stretch> stretches(int i, int from, int wireNumber) {
        ExploredNode node = honest.get(i);
        BitSet wire = wires.get(wireNumber);
        Mail arriving = mail.computeIfAbsent((long) wireNumber * 4 + i, k -> mail(node.index, wire));
        List<Stretch> found = new ArrayList<>();
        Set<Integer> ends = new HashSet<>();
        Map<Integer, List<Integer>> ways = new LinkedHashMap<>();
        Deque<Integer> quiet = new ArrayDeque<>(List.of(from));
        ways.put(from, List.of());
        while (!quiet.isEmpty()) {
            int at = quiet.remove();
            ExploredNode.State state = node.state(at);
            for (int event : events(arriving, state)) {
                ExploredNode.Effect effect = node.on(at, event);
                if (effect.state() == at && effect.broken().isEmpty() || ways.containsKey(effect.state())) {
                    continue;
                }
                List<Integer> way = new ArrayList<>(Objects.requireNonNull(ways.get(at)));
                way.add(event);
                if (isSeen(state, effect, node, wire)) {
                    if (ends.add(effect.state())) {
                        found.add(new Stretch(way, effect));
                    }
                } else {
                    ways.put(effect.state(), way);
                    quiet.add(effect.state());
                }
            }
        }
        return found;
    }

    private static boolean isSeen(
            ExploredNode.State before, ExploredNode.Effect effect, ExploredNode node, BitSet wire) {
        ExploredNode.State after = node.state(effect.state());
        return !effect.broken().isEmpty()
                || !effect.chosen().isEmpty()
                || after.chain().size() != before.chain().size()
                || after.votes().size() != before.votes().size()
                || Arrays.stream(effect.posted()).anyMatch(p -> !wire.get(p));
    }

    private void follow(int at, Whole whole, int i, Stretch stretch) {
        ExploredNode.Effect effect = stretch.effect();
        BitSet after = (BitSet) wires.get(whole.wire()).clone();
        put(after, effect.posted());
        transitions++;
        int[] nodes = whole.nodes().clone();
        nodes[i] = effect.state();
        int before = reached.size();
        reach(new Whole(nodes, number(after)), at, i, stretch.events());
        String broken = effect.broken().isEmpty() ? brokenBy(nodes, effect.chosen()) : effect.broken();
        if (!broken.isEmpty()) {
            violation = "node " + honest.get(i).index + ": " + broken;
            violatedAt = reached.size() > before ? before : at;
        }
    }

    private void reach(Whole whole, int from, int node, List<Integer> events) {
        if (seen.add(whole)) {
            open.add(reached.size());
            reached.add(new Reached(whole, from, node, events));
        }
    }

    private int number(BitSet wire) {
        return wireNumbers.computeIfAbsent(wire, w -> {
            wires.add(w);
            return wires.size() - 1;
        });
    }

    private void put(BitSet wire, int[] posted) {
        for (int post : posted) {
            if (!wire.get(post)) {
                wire.set(post);
                liar.after(post).forEach(wire::set);
            }
        }
    }

    // ---------------------------------------------------------------- what may happen to a node

    private Mail mail(int node, BitSet wire) {
        List<Integer> posts = new ArrayList<>();
        Map<VoteStatement, BitSet> votes = new LinkedHashMap<>();
        for (int p = wire.nextSetBit(0); p >= 0; p = wire.nextSetBit(p + 1)) {
            PostBook.Post post = book.get(p);
            if (!post.reaches(node)) {
                continue;
            }
            if (bounds.arrival() == Arrival.QUORUMS && post.message() instanceof Message.Voted v) {
                votes.computeIfAbsent(v.vote().statement(), s -> new BitSet()).set(p);
            } else {
                posts.add(book.event(new int[] {p}));
            }
        }
        List<Bundle> bundles = new ArrayList<>();
        votes.forEach((statement, of) -> {
            long stake = 0;
            for (int i = 0; i < VALIDATORS; i++) {
                int from = i;
                boolean voted = i != node
                        && (of.stream().anyMatch(p -> book.get(p).from() == from) || proposes(wire, from, statement));
                stake += voted ? 1 : 0;
            }
            bundles.add(new Bundle(statement, book.event(of.stream().toArray()), stake));
        });
        return new Mail(posts, bundles);
    }

    private List<Integer> events(Mail arriving, ExploredNode.State state) {
        List<Integer> events = new ArrayList<>(arriving.posts());
        for (Bundle bundle : arriving.bundles()) {
            if (set.isQuorum(bundle.stake() + (state.votes().contains(bundle.statement()) ? 1 : 0))) {
                events.add(bundle.event());
            }
        }
        if (state.timeouts() < bounds.timeouts() && state.view() <= bounds.views()) {
            events.add(PostBook.TIMEOUT);
        }
        return events;
    }

    /** A leader's vote for its own block comes with the proposal. */
    private boolean proposes(BitSet wire, int leader, VoteStatement statement) {
        return statement.kind() == VoteKind.NOTARIZE
                && wire.stream()
                        .anyMatch(p -> book.get(p).from() == leader
                                && book.get(p).message() instanceof Message.Proposal m
                                && m.vote().statement().equals(statement));
    }

    // ---------------------------------------------------------------- what must hold

    private String brokenBy(int[] nodes, List<BlockHeader> chosen) {
        Map<Integer, Digest> finalAt = new HashMap<>();
        for (int i = 0; i < nodes.length; i++) {
            List<Digest> chain = honest.get(i).state(nodes[i]).chain();
            finalHeight = Math.max(finalHeight, chain.size());
            for (int h = 0; h < chain.size(); h++) {
                Digest other = finalAt.putIfAbsent(h, chain.get(h));
                if (other != null && !other.equals(chain.get(h))) {
                    return "AGREEMENT: height " + (h + 1) + " is " + other + " and " + chain.get(h);
                }
            }
        }
        for (int view = 1; view <= bounds.views(); view++) {
            String broken = brokenIn(view, nodes);
            if (!broken.isEmpty()) {
                return broken;
            }
        }
        for (BlockHeader h : chosen) {
            for (long view = h.parentView() + 1; view < h.view(); view++) {
                if (!isPossible(new VoteStatement(VoteKind.NULLIFY, 0, view, Digest.ZERO), nodes)) {
                    return "VOTES_ARE_JUSTIFIED: a block of view " + h.view() + " skips view " + view
                            + ", which nobody nullified";
                }
            }
            if (h.parentView() > 0
                    && !isPossible(new VoteStatement(VoteKind.NOTARIZE, 0, h.parentView(), h.previous()), nodes)) {
                return "VOTES_ARE_JUSTIFIED: a block of view " + h.view() + " follows one of view " + h.parentView()
                        + " that was not notarized";
            }
        }
        return "";
    }

    /** At most one block of a view can have a quorum, and none can be final in a view that a quorum can have given up. */
    private String brokenIn(int view, int[] nodes) {
        Set<VoteStatement> said = new HashSet<>();
        for (int i = 0; i < nodes.length; i++) {
            for (VoteStatement vote : honest.get(i).state(nodes[i]).votes()) {
                if (vote.view() == view) {
                    said.add(vote);
                }
            }
        }
        List<VoteStatement> possible =
                said.stream().filter(s -> isPossible(s, nodes)).toList();
        for (VoteStatement a : possible) {
            for (VoteStatement b : possible) {
                boolean notarized = a.kind() != VoteKind.NULLIFY && b.kind() != VoteKind.NULLIFY;
                if (notarized && !a.blockId().equals(b.blockId())) {
                    return "ONE_NOTARIZED_BLOCK: quorums for " + a + " and " + b;
                }
                if (a.kind() == VoteKind.FINALIZE && b.kind() == VoteKind.NULLIFY) {
                    return "FINAL_XOR_NULL: quorums for " + a + " and " + b;
                }
            }
        }
        return "";
    }

    /** Whether the honest votes, with whatever the faulty validator may sign, are a quorum. */
    private boolean isPossible(VoteStatement statement, int[] nodes) {
        long stake = 1;
        for (int i = 0; i < nodes.length; i++) {
            stake += honest.get(i).state(nodes[i]).votes().contains(statement) ? 1 : 0;
        }
        return set.isQuorum(stake);
    }

    // ---------------------------------------------------------------- for people

    private List<String> path(int to) {
        List<String> path = new ArrayList<>();
        for (int at = to; reached.get(at).from() >= 0; at = reached.get(at).from()) {
            Reached step = reached.get(at);
            for (int e = step.events().size() - 1; e >= 0; e--) {
                path.add("n" + honest.get(step.node()).index
                        + describe(step.events().get(e)));
            }
        }
        Collections.reverse(path);
        return path;
    }

    private String describe(int event) {
        if (event == PostBook.TIMEOUT) {
            return " gives up";
        }
        StringBuilder s = new StringBuilder(" hears");
        for (int post : book.arriving(event)) {
            Message m = book.get(post).message();
            s.append(" [n").append(book.get(post).from()).append(": ");
            if (m instanceof Message.Voted v) {
                s.append(describe(v.vote().statement()));
            } else if (m instanceof Message.Proposal p) {
                s.append("proposal, ").append(describe(p.vote().statement())).append(" on view ");
                s.append(p.block().header().parentView());
            } else if (m instanceof Message.Certificates c) {
                s.append("certificates");
                c.certificates().forEach(x -> s.append(' ').append(describe(x.statement())));
            } else {
                s.append(m.getClass().getSimpleName());
            }
            s.append(']');
        }
        return s.toString();
    }

    private static String describe(VoteStatement s) {
        return s.kind() + " view " + s.view()
                + (s.kind() == VoteKind.NULLIFY ? "" : " " + s.blockId().toShortHex());
    }
}
