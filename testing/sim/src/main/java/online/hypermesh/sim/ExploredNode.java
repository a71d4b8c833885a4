package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.VoteRecord;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * One honest validator as an automaton: the production core's states, found so far and numbered, and where each event leads
 * from each. A transition is computed once, by repeating the events that led to its state first. Confined.
 */
final class ExploredNode {
    private static final long WALL_MILLIS = 1_800_000_000_000L;
    private static final long TIMEOUT_NANOS = 10_000_000_000L;
    private static final Parameters PARAMETERS = new Parameters(3600, 65_536, 1_048_576, 3_600_000, 5_000, 200, 3);

    /**
     * What is to be known of a state from outside.
     *
     * @param votes the node's own, in order
     * @param chain ids of the blocks it holds final, by height
     * @param view it stands in
     * @param timeouts it had
     */
    record State(List<VoteStatement> votes, List<Digest> chain, long view, int timeouts) {}

    /**
     * Where an event leads.
     *
     * @param state number of the state
     * @param posted numbers of what is put on the wire
     * @param chosen headers of the blocks voted for
     * @param broken what must not happen in any node; empty if nothing
     */
    record Effect(int state, int[] posted, List<BlockHeader> chosen, String broken) {}

    private record Way(int from, int event) {}

    /** A core that runs, and what was seen of it. */
    private static final class Life {
        final SimTree tree;
        final SimplexCore core;
        final SigningGuard guard;
        final SimPool pool;
        final List<VoteStatement> votes = new ArrayList<>();
        final List<Digest> chain = new ArrayList<>();
        final List<Integer> posted = new ArrayList<>();
        final List<BlockHeader> chosen = new ArrayList<>();
        int timeouts;
        String broken = "";

        Life(SimSets sets, int index) {
            ValidatorSet set = sets.set(0);
            tree = new SimTree(SimKeys.network(), sets);
            pool = new SimPool(tree);
            guard = new SigningGuard(s -> sets.sign(index, s));
            core = new SimplexCore(
                    new SimplexCore.Settings(set.get(index).id(), PARAMETERS, StartMode.FRESH, index),
                    tree,
                    pool,
                    Optional.of(guard),
                    SimKeys.verifier(set),
                    Recovered.NOTHING,
                    Optional.empty());
        }

        long nowNanos() {
            return timeouts * TIMEOUT_NANOS;
        }
    }

    final int index;
    private final SimSets sets;
    private final ValidatorSet set;
    private final PostBook book;
    private final long lastView;
    private final List<State> states = new ArrayList<>();
    private final List<@Nullable Way> ways = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<@Nullable Effect[]> known = new ArrayList<>();
    private final Effect first;

    /**
     * @param lastView what belongs to later views is not put on the wire
     */
    ExploredNode(int index, SimSets sets, PostBook book, long lastView) {
        this.index = index;
        this.sets = sets;
        this.set = sets.set(0);
        this.book = book;
        this.lastView = lastView;
        Life life = new Life(sets, index);
        begin(life);
        first = conclude(life, null);
    }

    Effect first() {
        return first;
    }

    State state(int number) {
        return states.get(number);
    }

    int states() {
        return states.size();
    }

    /** Where an event leads, by its number in the book. */
    Effect on(int state, int event) {
        @Nullable Effect[] from = known.get(state);
        if (event >= from.length) {
            from = Arrays.copyOf(from, event + 16);
            known.set(state, from);
        }
        Effect effect = from[event];
        if (effect == null) {
            effect = compute(state, event);
            from[event] = effect;
        }
        return effect;
    }

    private Effect compute(int state, int event) {
        List<Integer> past = new ArrayList<>();
        for (Way way = ways.get(state); way != null; way = ways.get(way.from())) {
            past.add(way.event());
        }
        Life life = new Life(sets, index);
        begin(life);
        for (int i = past.size() - 1; i >= 0; i--) {
            handle(life, past.get(i));
        }
        life.posted.clear();
        life.chosen.clear();
        handle(life, event);
        return conclude(life, new Way(state, event));
    }

    private Effect conclude(Life life, @Nullable Way way) {
        String print = Fingerprint.of(life.core, life.tree, life.guard, life.chain) + life.broken;
        Integer number = numbers.get(print);
        if (number == null) {
            number = states.size();
            numbers.put(print, number);
            states.add(new State(List.copyOf(life.votes), List.copyOf(life.chain), life.core.view(), life.timeouts));
            ways.add(way);
            known.add(new Effect[0]);
        }
        return new Effect(
                number, life.posted.stream().mapToInt(p -> p).toArray(), List.copyOf(life.chosen), life.broken);
    }

    // ---------------------------------------------------------------- running the core

    private void begin(Life life) {
        perform(life, life.core.start(life.nowNanos(), WALL_MILLIS));
    }

    private void handle(Life life, int event) {
        if (event == PostBook.TIMEOUT) {
            life.timeouts++;
            feed(life, new Event.Tick());
        }
        for (int number : book.arriving(event)) {
            PostBook.Post post = book.get(number);
            feed(life, new Event.Received(set.get(post.from()).id(), post.message()));
        }
    }

    private void feed(Life life, Event event) {
        if (!life.broken.isEmpty()) {
            return;
        }
        try {
            perform(life, life.core.on(life.nowNanos(), WALL_MILLIS, event));
        } catch (HypermeshException halt) {
            life.broken = "HONEST_KEEPS_GOING: " + halt.getMessage();
        }
    }

    private void perform(Life life, List<Action> actions) {
        for (Action action : actions) {
            if (action instanceof Action.Persist a && a.record() instanceof VoteRecord.Cast c) {
                cast(life, c.vote().statement());
            } else if (action instanceof Action.Persist a && a.record() instanceof VoteRecord.Kept k) {
                life.chosen.add(k.block().header());
            } else if (action instanceof Action.Persist a && a.record() instanceof VoteRecord.Entry e) {
                believe(life, e.certificate());
            } else if (action instanceof Action.Finalized a) {
                believe(life, a.certificate());
                a.blocks().stream().map(ExecutedBlock::id).forEach(life.chain::add);
            } else if (action instanceof Action.Broadcast a) {
                post(life, PostBook.ALL, a.message());
            } else if (action instanceof Action.Send a) {
                post(life, set.indexOf(a.to()).orElseThrow(), a.message());
            } else if (action instanceof Action.SigningChanged a && !a.state().startsWith("signing")) {
                life.broken = "HONEST_KEEPS_SIGNING: " + a.state();
            }
        }
    }

    private static void cast(Life life, VoteStatement vote) {
        for (VoteStatement before : life.votes) {
            if (before.contradicts(vote)) {
                life.broken = "NO_CONFLICTING_VOTES: " + before + " and " + vote;
            }
        }
        if (!life.votes.contains(vote)) {
            life.votes.add(vote);
        }
    }

    private void believe(Life life, Certificate certificate) {
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature v : certificate.votes()) {
            if (v.validator() <= last
                    || !SimKeys.verifier(set).holds(v.validator(), certificate.statement(), v.signature())) {
                life.broken = "CERTIFICATES_HOLD: " + certificate.statement() + ", signer " + v.validator();
                return;
            }
            last = v.validator();
            stake += set.get(last).stake();
        }
        if (!set.isQuorum(stake)) {
            life.broken = "CERTIFICATES_HOLD: " + certificate.statement() + " has stake " + stake;
        }
    }

    /** Positions, questions about votes and evidence carry nothing that the rules of voting look at. */
    private void post(Life life, int to, Message message) {
        boolean matters = message instanceof Message.Proposal m && m.vote().view() <= lastView
                || message instanceof Message.Voted v && v.vote().view() <= lastView
                || message instanceof Message.Certificates
                || message instanceof Message.BlockFound
                || message instanceof Message.BlockWanted;
        if (matters) {
            life.posted.add(book.number(index, to, message));
        }
    }
}
