package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.impl.ledger.BlockTree;

/**
 * Consensus through the epochs: one {@link SimplexCore} after the other, each for the validators of its epoch. The next one
 * begins when the block that ends an epoch is final here, and no earlier; votes and certificates carry their epoch, so
 * nothing said in one counts in another. Confined to one thread; performs no I/O, reads no clock.
 */
public final class ConsensusCore {
    private final SimplexCore.Settings settings;
    private final BlockTree tree;
    private final PendingTransactions pending;
    private final VotingKeys keys;
    private final Recovered recovered;
    private final EarlyMessages early = new EarlyMessages();
    private Optional<Finality> headFinality;
    private StartMode mode;
    private boolean checked;
    private SimplexCore core;

    /**
     * Creates a core; {@link #start} comes next.
     *
     * @param settings what it is made for
     * @param tree blocks, up to the finalized head this node remembers
     * @param pending transactions that wait
     * @param keys who signs and who checks
     * @param recovered what the vote log remembers, of all epochs
     * @param headFinality finality of the tree's finalized head, unless that is the genesis block
     */
    public ConsensusCore(
            SimplexCore.Settings settings,
            BlockTree tree,
            PendingTransactions pending,
            VotingKeys keys,
            Recovered recovered,
            Optional<Finality> headFinality) {
        this.settings = settings;
        this.tree = tree;
        this.pending = pending;
        this.keys = keys;
        this.recovered = recovered;
        this.headFinality = headFinality;
        this.mode = settings.mode() == StartMode.CHECK_LOG && recovered.owesRejoinIn(tree.epoch())
                ? StartMode.REJOIN
                : settings.mode();
        this.core = core(new OwnTransactions(pending, settings.parameters().maxTransactionBytes()));
    }

    private SimplexCore core(OwnTransactions ownTransactions) {
        ValidatorSet set = tree.validators();
        Optional<Certificate> inEpoch = headFinality
                .map(Finality::certificate)
                .filter(c -> c.statement().epoch() == tree.epoch()
                        && c.statement().blockId().equals(tree.finalizedHead().id()));
        return new SimplexCore(
                new SimplexCore.Settings(
                        settings.self(),
                        settings.parameters(),
                        mode,
                        settings.incarnation(),
                        settings.maxInlineBytes()),
                tree,
                pending,
                keys.signer(set),
                keys.verifier(set),
                tree.validators(tree.epoch() - 1)
                        .map(keys::verifier)
                        .orElse((validator, statement, signature) -> false),
                recovered.of(tree.epoch()),
                inEpoch,
                ownTransactions,
                keys.availability(set));
    }

    /**
     * Begins.
     *
     * @param nowNanos the driver's time, never decreasing
     * @param wallMillis milliseconds since 1970
     * @return what to do
     */
    public List<Action> start(long nowNanos, long wallMillis) {
        return followed(core.start(nowNanos, wallMillis), nowNanos, wallMillis);
    }

    /**
     * Something happened.
     *
     * @param nowNanos the driver's time, never decreasing
     * @param wallMillis milliseconds since 1970
     * @param event what
     * @return what to do, in order
     */
    public List<Action> on(long nowNanos, long wallMillis, Event event) {
        if (event instanceof Event.Received r && epochOf(r.message()) == core.epoch() + 1) {
            early.hold(r, tree.validators());
        }
        return followed(core.on(nowNanos, wallMillis, event), nowNanos, wallMillis);
    }

    /** Goes on to the next epoch as often as one has ended. */
    private List<Action> followed(List<Action> actions, long nowNanos, long wallMillis) {
        remember(actions);
        if (!core.hasEnded()) {
            return actions;
        }
        List<Action> all = new ArrayList<>(actions);
        while (core.hasEnded()) {
            SimplexCore before = core;
            mode = nextMode(before);
            if (mode == StartMode.REJOIN && before.isSigning()) {
                // durable before the block that ends the epoch: a restart in between asks again, one after it knows
                all.add(indexOfEnd(all), new Action.Persist(new VoteRecord.RejoinOwed(tree.epoch())));
            }
            core = core(before.ownTransactions());
            core.inherit(before);
            List<Event.Received> waited = early.take();
            add(all, core.start(nowNanos, wallMillis));
            for (Event.Received event : waited) {
                if (!core.hasEnded()) {
                    add(all, core.on(nowNanos, wallMillis, event));
                }
            }
        }
        return all;
    }

    /**
     * What this validator's memory is worth in the epoch that begins. Votes of an earlier life that the log has lost can be of
     * the epoch in which a quorum was asked, or of the next one if it had begun for that life already: then the block that
     * ended the epoch was final before the quorum answered, so its view is not above the floor that the answers proved. That
     * nothing is missing from an existing log is asked once more, for the same reason.
     */
    private StartMode nextMode(SimplexCore before) {
        if (mode == StartMode.FRESH || !before.isSigning()) {
            return mode;
        }
        if (tree.finalizedHead().view() <= before.floor()) {
            return StartMode.REJOIN;
        }
        if (mode == StartMode.CHECK_LOG && checked) {
            return StartMode.FRESH;
        }
        checked = true;
        return StartMode.CHECK_LOG;
    }

    /** Where the newest end of an epoch becomes durable. */
    private static int indexOfEnd(List<Action> actions) {
        for (int i = actions.size() - 1; i >= 0; i--) {
            if (actions.get(i) instanceof Action.Finalized a && a.endsEpoch()) {
                return i;
            }
        }
        return 0;
    }

    private void add(List<Action> all, List<Action> more) {
        remember(more);
        all.addAll(more);
    }

    private void remember(List<Action> actions) {
        for (Action action : actions) {
            if (action instanceof Action.Finalized a) {
                headFinality = Optional.of(new Finality(a.certificate(), a.links()));
            }
        }
    }

    private static long epochOf(Message message) {
        if (message instanceof Message.Proposal m) {
            return m.block().header().epoch();
        }
        if (message instanceof Message.Voted m) {
            return m.vote().statement().epoch();
        }
        if (message instanceof Message.Certificates m && !m.certificates().isEmpty()) {
            return m.certificates().get(0).statement().epoch();
        }
        if (message instanceof Message.PartedProposal m) {
            return m.vote().statement().epoch();
        }
        if (message instanceof Message.VotesWanted m) {
            return m.epoch();
        }
        return -1;
    }

    /**
     * Executes what was voted for, so that this need not happen while the next message waits. Call it after the actions
     * were performed; leaving it out changes nothing but latency.
     */
    public void settle() {
        core.settle();
    }

    /**
     * When {@link Event.Tick} is wanted at the latest.
     *
     * @return the driver's time
     */
    public long nextDeadlineNanos() {
        return core.nextDeadlineNanos();
    }

    /**
     * What is held in memory now.
     *
     * @return a snapshot
     */
    public SimplexCore.Footprint footprint() {
        return core.footprint();
    }

    /**
     * Messages of the next epoch that wait for it.
     *
     * @return at most {@value EarlyMessages#MAX_MESSAGES}
     */
    public int early() {
        return early.size();
    }

    /**
     * Stops signing for good.
     *
     * @param reason for people
     */
    public void stopSigning(String reason) {
        core.stopSigning(reason);
    }

    /**
     * The current view.
     *
     * @return at least 1
     */
    public long view() {
        return core.view();
    }

    /**
     * The current epoch.
     *
     * @return at least 0
     */
    public long epoch() {
        return core.epoch();
    }

    /**
     * This validator votes in this epoch only above this view.
     *
     * @return 0 when it votes everywhere
     */
    public long floor() {
        return core.floor();
    }

    /**
     * Finality of the newest finalized block.
     *
     * @return empty at the genesis block
     */
    public Optional<Finality> headFinality() {
        return headFinality;
    }

    /**
     * Validators heard from lately, this one included.
     *
     * @param nowNanos the driver's time
     * @return a count
     */
    public int peersReachable(long nowNanos) {
        return core.peersReachable(nowNanos);
    }

    /**
     * Whether this node signs, and if not why.
     *
     * @return for people
     */
    public String signingState() {
        return core.signingState();
    }
}
