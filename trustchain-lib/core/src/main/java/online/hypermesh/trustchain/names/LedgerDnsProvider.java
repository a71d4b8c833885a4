package online.hypermesh.trustchain.names;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TransactionSender;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.DnsProvider;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameResolver;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.ResolutionResult;

/** Names kept in the ledger: resolves through a resolver, changes names by transactions. Thread-safe. */
public final class LedgerDnsProvider implements DnsProvider {
    private final NameResolver resolver;
    private final TransactionSender sender;

    /**
     * Creates the provider.
     *
     * @param resolver answers {@link #resolve}
     * @param sender signs and submits transactions
     */
    public LedgerDnsProvider(NameResolver resolver, TransactionSender sender) {
        this.resolver = resolver;
        this.sender = sender;
    }

    @Override
    public ResolutionResult resolve(String name, Duration timeout) {
        return resolver.resolve(name, timeout);
    }

    @Override
    public Receipt register(String name, NameRecord.Content content, Duration timeout) {
        return send(new NameInstruction.Register(NameRules.canonical(name), content), timeout);
    }

    @Override
    public Receipt update(String name, NameRecord.Content content, Duration timeout) {
        return send(new NameInstruction.Update(NameRules.canonical(name), content), timeout);
    }

    @Override
    public Receipt transfer(String name, NodeId newOwner, Duration timeout) {
        return send(new NameInstruction.Transfer(NameRules.canonical(name), newOwner), timeout);
    }

    @Override
    public Receipt release(String name, Duration timeout) {
        return send(new NameInstruction.Release(NameRules.canonical(name)), timeout);
    }

    private Receipt send(NameInstruction instruction, Duration timeout) {
        String name = instruction.name();
        Receipt receipt;
        try {
            receipt = sender.send(NameRecord.MODULE, instruction.encode())
                    .toCompletableFuture()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new TrustchainException(
                    Code.UNREACHABLE,
                    Retry.WHOLE_OPERATION,
                    "the change of " + name + " was not final within " + timeout.toMillis()
                            + " ms; it may still happen, so look the name up before repeating",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CodedException coded) {
                throw new TrustchainException(
                        Code.REFUSED,
                        coded.retry(),
                        "the change of " + name + " was not accepted: " + coded.codeName() + ", " + coded.getMessage(),
                        coded);
            }
            throw new IllegalStateException("the change of " + name + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrustchainException(
                    Code.INTERRUPTED, Retry.WHOLE_OPERATION, "the change of " + name + " was interrupted", e);
        }
        if (receipt.outcome() instanceof Outcome.Refused refused) {
            throw new TrustchainException(
                    Code.REFUSED,
                    Retry.NEVER,
                    "the change of " + name + " was refused: " + refused.code() + ", " + refused.detail());
        }
        return receipt;
    }
}
