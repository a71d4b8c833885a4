package online.hypermesh.impl.consensus.driver;

import java.util.concurrent.CompletionStage;
import online.hypermesh.api.ledger.Receipt;

/**
 * What becomes of a submitted transaction. Both stages fail with a {@link online.hypermesh.api.error.HypermeshException}.
 *
 * @param ordered completes when its place in the order is final
 * @param receipt completes when what came of it is certified
 */
public record Submission(CompletionStage<OrderedAt> ordered, CompletionStage<Receipt> receipt) {}
