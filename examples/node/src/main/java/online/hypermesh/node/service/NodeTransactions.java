package online.hypermesh.node.service;

import java.time.Clock;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.trustchain.api.TransactionSender;

/**
 * Signs transactions with the node key and hands them to the node's ledger one after another, so that their nonces, the
 * clock in microseconds, arrive in order. Thread-safe.
 */
final class NodeTransactions implements TransactionSender {
    private final NetworkId network;
    private final SigningKey key;
    private final Ledger ledger;
    private final Clock clock;
    private final AtomicLong lastNonce = new AtomicLong();

    NodeTransactions(NetworkId network, SigningKey key, Ledger ledger, Clock clock) {
        this.network = network;
        this.key = key;
        this.ledger = ledger;
        this.clock = clock;
    }

    @Override
    public synchronized CompletionStage<Receipt> send(String module, byte[] payload) {
        long now = TimeUnit.MILLISECONDS.toMicros(clock.millis());
        long nonce = lastNonce.updateAndGet(last -> Math.max(last + 1, now));
        return ledger.submit(Transaction.sign(network, key, nonce, module, payload));
    }
}
