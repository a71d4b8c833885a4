package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofVerdict.Rejected;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * Asks Roughtime sources one after the other, each nonce made from the answer before it, so that the order of the answers
 * cannot be changed. The first nonce is the context's challenge. Confined to one thread.
 */
public final class TimeChain {
    private final ProofContext context;
    private final List<TimeProof.Sample> samples = new ArrayList<>();

    /**
     * Begins a chain.
     *
     * @param context what the time is for
     */
    public TimeChain(ProofContext context) {
        this.context = context;
    }

    /**
     * The request for the next source.
     *
     * @param source its long-term key
     * @return a packet of 1024 bytes
     */
    public byte[] request(VerifyKey source) {
        return Roughtime.request(source, nonce(context, samples));
    }

    /**
     * Takes the source's answer, if it holds.
     *
     * @param source its long-term key
     * @param response the packet it sent
     * @return what it vouches for; empty if the answer was not taken
     */
    public Optional<Roughtime.Bounds> add(VerifyKey source, byte[] response) {
        Optional<Roughtime.Bounds> bounds = samples.size() < TimeProof.MAX_SAMPLES
                ? Roughtime.verify(source, request(source), response)
                : Optional.empty();
        if (bounds.isPresent()) {
            samples.add(new TimeProof.Sample(source, response));
        }
        return bounds;
    }

    /**
     * How many answers it has.
     *
     * @return 0 to {@link TimeProof#MAX_SAMPLES}
     */
    public int size() {
        return samples.size();
    }

    /**
     * Ends the chain.
     *
     * @param claimedMillis the time to claim
     * @return the proof
     */
    public TimeProof proof(long claimedMillis) {
        return new TimeProof(claimedMillis, samples);
    }

    private static byte[] nonce(ProofContext context, List<TimeProof.Sample> before) {
        if (before.isEmpty()) {
            return context.challenge(TimeProof.NONCE_LABEL, Roughtime.NONCE_BYTES);
        }
        DomainTag label = new DomainTag(TimeProof.BLIND_LABEL.name() + "/" + before.size());
        return Roughtime.chainedNonce(
                before.get(before.size() - 1).response(), context.challenge(label, Roughtime.NONCE_BYTES));
    }

    /** Distinct sources among the samples, whether or not they hold. */
    static int distinctSources(TimeProof proof) {
        Set<VerifyKey> sources = new HashSet<>();
        proof.samples().forEach(sample -> sources.add(sample.source()));
        return sources.size();
    }

    /** Whether all answers hold, in their order, and agree with each other and with the claim. */
    static Optional<Rejected> check(ProofContext context, TimeProof proof, long toleranceMillis) {
        long latestLower = Long.MIN_VALUE;
        for (int i = 0; i < proof.samples().size(); i++) {
            TimeProof.Sample sample = proof.samples().get(i);
            byte[] request = Roughtime.request(
                    sample.source(), nonce(context, proof.samples().subList(0, i)));
            Optional<Roughtime.Bounds> bounds = Roughtime.verify(sample.source(), request, sample.response());
            if (bounds.isEmpty()) {
                return Optional.of(new Rejected(
                        RejectReason.TIME_SAMPLE_WRONG, "the answer of source " + (i + 1) + " does not hold here"));
            }
            long lower = bounds.get().lowerMillis();
            long upper = bounds.get().upperMillis();
            if (latestLower > upper
                    || proof.claimedMillis() > upper + toleranceMillis
                    || proof.claimedMillis() < lower - toleranceMillis) {
                return Optional.of(new Rejected(
                        RejectReason.TIME_DISAGREEMENT,
                        "source " + (i + 1) + " says " + lower + ".." + upper + " ms, claimed is "
                                + proof.claimedMillis() + ", an earlier source says not before " + latestLower));
            }
            latestLower = Math.max(latestLower, lower);
        }
        return Optional.empty();
    }
}
