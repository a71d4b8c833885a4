package online.hypermesh.impl.consensus.driver;

import java.util.concurrent.CompletionStage;

/**
 * What becomes of a submitted transaction or bundle. Both stages fail with a {@link online.hypermesh.api.error.HypermeshException}.
 *
 * @param ordered completes when its place in the order is final
 * @param receipt completes when what came of it is certified
 * @param <R> kind of receipt
 */
public record Submission<R>(CompletionStage<OrderedAt> ordered, CompletionStage<R> receipt) {}
