package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.bootstrap.Checkpoint;
import online.hypermesh.bootstrap.Command;
import online.hypermesh.bootstrap.Event;
import online.hypermesh.bootstrap.Fact;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.bootstrap.PhaseMachine;
import online.hypermesh.bootstrap.PhaseStatus;
import online.hypermesh.bootstrap.Port;
import online.hypermesh.bootstrap.SignedPhaseCommand;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Runs the phase machine: looks at the facts when something changed and at least every second, tells the machine, and
 * carries its commands out in their order on one thread. Thread-safe.
 */
final class PhaseDriver {
    private static final Logger LOG = System.getLogger(PhaseDriver.class.getName());
    private static final long TICK_MILLIS_WHILE_RISING = 100;
    private static final long TICK_MILLIS_AT_THE_TOP = 1000;

    /** What the machine's commands do to the node. Called on the driver's thread. */
    interface Actions {
        void swap(Port port, Phase phase);

        void requestLeaf();

        void attest(Phase phase, Fact openedBy);

        void degraded(boolean degraded, String reason);
    }

    /** Looks at the facts. Called on the driver's thread. */
    interface Facts {
        Map<Fact, String> held(Phase phase);

        Optional<Checkpoint> networkPhase();
    }

    private final PhaseMachine machine;
    private final PhaseStore store;
    private final Consumer<PhaseStep> entered;
    private final Facts facts;
    private final Actions actions;
    private final Clock clock;
    private final ScheduledExecutorService thread;
    private final AtomicBoolean nudged = new AtomicBoolean();
    private final Map<Fact, String> told = new EnumMap<>(Fact.class);
    private volatile boolean running;
    private volatile PhaseStatus status;
    private volatile Optional<String> failure = Optional.empty();

    PhaseDriver(
            PhaseMachine machine,
            PhaseStore store,
            Consumer<PhaseStep> entered,
            Facts facts,
            Actions actions,
            Clock clock,
            ScheduledExecutorService thread) {
        this.machine = machine;
        this.store = store;
        this.entered = entered;
        this.facts = facts;
        this.actions = actions;
        this.clock = clock;
        this.thread = thread;
        this.status = machine.status();
    }

    /**
     * Begins in the stored phase or the own ledger's, whichever is higher, and with its parts started before this returns.
     *
     * @param ownLedger the network's phase by the blocks this node has on its disk
     * @throws CodedException when one of them cannot be started
     */
    void start(Optional<Checkpoint> ownLedger) {
        try {
            thread.submit(() -> obey(machine.start(clock.millis(), ownLedger))).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CodedException coded) {
                throw coded;
            }
            throw new IllegalStateException("the phase machine cannot start", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(
                    Code.CLOSED, Retry.WHOLE_OPERATION, "interrupted while the node was starting; start it again", e);
        }
        running = true;
        thread.execute(this::tick);
    }

    /** Something changed: look soon. Many calls before the next look count as one. */
    void nudge() {
        if (running && nudged.compareAndSet(false, true)) {
            try {
                thread.execute(this::look);
            } catch (RejectedExecutionException e) {
                nudged.set(false); // the node is closing
            }
        }
    }

    PhaseStatus status() {
        return status;
    }

    /** Why the phase stands still until the node is restarted. */
    Optional<String> failure() {
        return failure;
    }

    /**
     * Lets the machine judge an operator's command and carries out what follows.
     *
     * @return why it was not obeyed; empty when it was
     */
    Optional<String> command(SignedPhaseCommand command, Duration patience) {
        FutureTask<Optional<String>> judged = new FutureTask<>(() -> {
            List<Command> commands = machine.on(clock.millis(), new Event.CommandReceived(command));
            obey(commands);
            return commands.stream()
                    .filter(Command.RefuseCommand.class::isInstance)
                    .map(c -> ((Command.RefuseCommand) c).refusal().detail())
                    .findFirst();
        });
        thread.execute(judged);
        try {
            return judged.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "the node was busy for " + patience.toMillis() + " ms; repeat",
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a phase command could not be carried out", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.WHOLE_OPERATION, "the node is stopping", e);
        }
    }

    private void tick() {
        look();
        long pause = machine.status().phase() == Phase.FULL_FEDERATION
                        && !machine.status().degraded()
                ? TICK_MILLIS_AT_THE_TOP
                : TICK_MILLIS_WHILE_RISING;
        thread.schedule(this::tick, pause, TimeUnit.MILLISECONDS);
    }

    private void look() {
        nudged.set(false);
        if (failure.isPresent()) {
            return;
        }
        try {
            judge();
        } catch (CodedException e) {
            // what was decided could not be carried out, so nothing more is decided
            failure = Optional.of(String.valueOf(e.getMessage()));
            LOG.log(Level.ERROR, "the phase stands still until a restart", e);
        }
    }

    private void judge() {
        Deque<Event> events = new ArrayDeque<>();
        Map<Fact, String> held = facts.held(machine.status().phase());
        for (Fact fact : Fact.values()) {
            String detail = held.get(fact);
            String before = told.get(fact);
            if (detail != null && !detail.equals(before)) {
                told.put(fact, detail);
                events.add(new Event.Established(fact, detail));
            } else if (detail == null && before != null) {
                told.remove(fact);
                events.add(new Event.Withdrawn(fact, before));
            }
        }
        facts.networkPhase().ifPresent(c -> events.add(new Event.NetworkPhaseProven(c)));
        events.add(new Event.Tick());
        for (Event event : events) {
            obey(machine.on(clock.millis(), event));
        }
    }

    private void obey(List<Command> commands) {
        for (Command command : commands) {
            if (command instanceof Command.Persist c) {
                store.save(c.record());
            } else if (command instanceof Command.Swap c) {
                actions.swap(c.port(), c.phase());
            } else if (command instanceof Command.RequestLeaf) {
                actions.requestLeaf();
            } else if (command instanceof Command.AttestReadiness c) {
                actions.attest(c.phase(), c.openedBy());
            } else if (command instanceof Command.ReportPhase c) {
                LOG.log(
                        Level.INFO,
                        "Phase {0} -> {1} ({2}): {3}",
                        c.from().number(),
                        c.to().number(),
                        c.cause(),
                        c.reason());
                PhaseStep step = new PhaseStep(c.to().number(), c.atMillis(), c.reason());
                store.add(step);
                entered.accept(step);
            } else if (command instanceof Command.RaiseAlarm c) {
                LOG.log(Level.WARNING, c.text());
            } else if (command instanceof Command.EnterDegraded c) {
                LOG.log(Level.WARNING, "DEGRADED: {0}", c.reason());
                actions.degraded(true, c.reason());
            } else if (command instanceof Command.LeaveDegraded c) {
                LOG.log(Level.INFO, "no longer degraded: {0}", c.reason());
                actions.degraded(false, c.reason());
            } else if (command instanceof Command.RefuseCommand c) {
                LOG.log(Level.WARNING, "operator command refused: {0}", c.refusal());
            }
        }
        status = machine.status();
    }
}
