package online.hypermesh.trustchain.api;

import java.util.concurrent.CompletionStage;
import online.hypermesh.api.ledger.Receipt;

/** The way to the ledger: signs a payload with the node key and submits it. Thread-safe. */
@FunctionalInterface
public interface TransactionSender {
    /**
     * Signs and submits.
     *
     * @param module name of the ledger module
     * @param payload its instruction
     * @return the receipt, later; or a failure with a code
     */
    CompletionStage<Receipt> send(String module, byte[] payload);
}
