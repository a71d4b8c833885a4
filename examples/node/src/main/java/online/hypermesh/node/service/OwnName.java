package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.TransactionSender;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.api.names.TraditionalResolver;

/**
 * Keeps the node's own name in the ledger pointing at the node, and compares it with the traditional name system. Thread-safe.
 */
final class OwnName {
    private static final Logger LOG = System.getLogger(OwnName.class.getName());
    private static final Duration LOOKUP_PATIENCE = Duration.ofSeconds(1);
    private static final long RETRY_MILLIS = 3_000;
    private static final int TTL_SECONDS = 60;

    private final String name;
    private final InetSocketAddress address;
    private final DeferredLedger ledger;
    private final TransactionSender transactions;
    private final TraditionalResolver traditional;
    private final Executor workers;
    private final Clock clock;
    private final Runnable changed;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile Optional<String> agreement = Optional.empty();
    private volatile long notBeforeMillis;

    OwnName(
            String nodeName,
            InetSocketAddress address,
            DeferredLedger ledger,
            TransactionSender transactions,
            TraditionalResolver traditional,
            Executor workers,
            Clock clock,
            Runnable changed) {
        this.name = nodeName + "." + NameRules.suffix(ledger.genesis());
        this.address = address;
        this.ledger = ledger;
        this.transactions = transactions;
        this.traditional = traditional;
        this.workers = workers;
        this.clock = clock;
        this.changed = changed;
    }

    /** How the two name systems were found to agree; empty until then. */
    Optional<String> agreement() {
        return agreement;
    }

    /** Registers or compares when there is something left to do; returns at once. */
    void pursue() {
        if (agreement.isPresent()
                || !ledger.isStarted()
                || clock.millis() < notBeforeMillis
                || !busy.compareAndSet(false, true)) {
            return;
        }
        Optional<NameRecord> record =
                ledger.read(NameRecord.MODULE, NameRecord.key(name)).map(NameRecord::decode);
        NameRecord.Content wanted = new NameRecord.Content(
                List.of(new ServiceAddress((Inet6Address) address.getAddress(), address.getPort())),
                List.of(),
                TTL_SECONDS);
        if (record.isEmpty() || !record.get().content().equals(wanted)) {
            publish(record.isEmpty(), wanted);
            return;
        }
        try {
            workers.execute(() -> {
                try {
                    compare(wanted);
                } finally {
                    done();
                }
            });
        } catch (RejectedExecutionException e) {
            busy.set(false); // busy: tried again at the next tick
        }
    }

    private void publish(boolean first, NameRecord.Content wanted) {
        NameInstruction instruction =
                first ? new NameInstruction.Register(name, wanted) : new NameInstruction.Update(name, wanted);
        transactions.send(NameRecord.MODULE, instruction.encode()).whenComplete((receipt, failure) -> {
            if (failure != null) {
                LOG.log(Level.DEBUG, "own name {0} not published: {1}", name, failure.getMessage());
                notBeforeMillis = clock.millis() + RETRY_MILLIS;
            } else if (receipt.outcome() instanceof Outcome.Refused refused) {
                LOG.log(Level.INFO, "own name {0} refused: {1} {2}", name, refused.code(), refused.detail());
                notBeforeMillis = clock.millis() + RETRY_MILLIS;
            }
            done();
        });
    }

    private void done() {
        busy.set(false);
        changed.run();
    }

    private void compare(NameRecord.Content own) {
        TraditionalResolver.Answer answer;
        try {
            answer = traditional.lookup(name, LOOKUP_PATIENCE);
        } catch (TrustchainException e) {
            agreement = Optional.of(name + " resolves; traditional names unreachable");
            return;
        } catch (CodedException e) {
            LOG.log(Level.WARNING, "traditional lookup of {0} failed: {1}", name, e.getMessage());
            notBeforeMillis = clock.millis() + RETRY_MILLIS;
            return;
        }
        if (!answer.found()) {
            agreement = Optional.of(name + " resolves; no traditional answer");
        } else if (hosts(answer.addresses()).equals(hosts(own.addresses()))) {
            agreement = Optional.of(name + " resolves the same both ways");
        } else {
            LOG.log(
                    Level.WARNING,
                    "names diverge: {0} is {1} traditionally and {2} in the ledger; correct either side",
                    name,
                    answer.addresses(),
                    own.addresses());
            notBeforeMillis = clock.millis() + RETRY_MILLIS;
        }
    }

    private static Set<Object> hosts(List<ServiceAddress> addresses) {
        Set<Object> hosts = new HashSet<>();
        addresses.forEach(a -> hosts.add(a.address()));
        return hosts;
    }
}
