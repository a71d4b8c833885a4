package online.hypermesh.trustchain.names;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.DivergenceListener;
import online.hypermesh.trustchain.api.names.LedgerNames;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameResolver;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.api.names.TraditionalResolver;

/**
 * Resolves names by the rules of the phase of the moment, asked anew for every name; it remembers no answers.
 *
 * <ul>
 *   <li>Phase 0: traditional only.
 *   <li>Phase 1: traditional; the ledger answers only when no traditional server is reached. For the network's own names
 *       the ledger is asked in the shadow and a disagreement reported.
 *   <li>Phase 2: the network's own names from the ledger, traditionally only when the ledger is unreachable; foreign names
 *       traditionally.
 *   <li>Phase 3: the network's own names from the ledger; foreign names are refused.
 * </ul>
 *
 * A proven "no such name" is an answer and never leads to another source; nor does a proof that fails to hold. Thread-safe.
 */
public final class AdaptiveResolver implements NameResolver {
    private final String suffix;
    private final LightClient lightClient;
    private final Supplier<TrustPhase> phase;
    private final LedgerNames ledger;
    private final TraditionalResolver traditional;
    private final Executor shadow;
    private final DivergenceListener divergence;
    private final Duration maxProofAge;
    private final LongSupplier nowMillis;

    private AdaptiveResolver(Builder b) {
        this.suffix = NameRules.suffix(b.genesis);
        this.lightClient = b.lightClient;
        this.phase = b.phase;
        this.ledger = b.ledger;
        this.traditional = b.traditional;
        this.shadow = b.shadow;
        this.divergence = b.divergence;
        this.maxProofAge = b.maxProofAge;
        this.nowMillis = b.nowMillis;
    }

    /**
     * Starts building a resolver.
     *
     * @param genesis the network
     * @param phase the phase of the moment
     * @param ledger the way to the network's names
     * @param lightClient checks what other nodes prove
     * @param nowMillis clock, milliseconds since 1970
     * @return a builder with defaults: no traditional system, no listener, shadow lookups on the caller's thread, proofs of
     *     other nodes at most five minutes or three heartbeats old
     */
    public static Builder builder(
            Genesis genesis,
            Supplier<TrustPhase> phase,
            LedgerNames ledger,
            LightClient lightClient,
            LongSupplier nowMillis) {
        return new Builder(genesis, phase, ledger, lightClient, nowMillis);
    }

    @Override
    public ResolutionResult resolve(String name, Duration timeout) {
        String canonical = NameRules.canonical(name);
        boolean own = NameRules.isUnder(canonical, suffix);
        return switch (phase.get()) {
            case PHASE_0 -> traditionally(canonical, timeout);
            case PHASE_1 -> traditionallyWithShadow(canonical, own, timeout);
            case PHASE_2 -> own ? fromLedgerFirst(canonical, timeout) : traditionally(canonical, timeout);
            case PHASE_3 -> {
                if (!own) {
                    throw new TrustchainException(
                            Code.FOREIGN_NAME,
                            Retry.NEVER,
                            canonical + " does not end with ." + suffix
                                    + "; in Phase 3 only the network's own names are resolved");
                }
                yield fromLedger(canonical, timeout);
            }
        };
    }

    private ResolutionResult traditionallyWithShadow(String name, boolean own, Duration timeout) {
        if (!own) {
            return traditionally(name, timeout);
        }
        long deadline = nowMillis.getAsLong() + timeout.toMillis();
        ResolutionResult answer;
        try {
            answer = traditionally(name, first(timeout));
        } catch (TrustchainException e) {
            if (e.code() != Code.UNREACHABLE) {
                throw e;
            }
            return fromLedger(name, remaining(deadline));
        }
        try {
            shadow.execute(() -> compare(answer, timeout));
        } catch (RejectedExecutionException e) {
            // A full or closed shadow executor costs a comparison, never an answer.
            return answer;
        }
        return answer;
    }

    private ResolutionResult fromLedgerFirst(String name, Duration timeout) {
        long deadline = nowMillis.getAsLong() + timeout.toMillis();
        try {
            return fromLedger(name, first(timeout));
        } catch (TrustchainException e) {
            if (e.code() != Code.UNREACHABLE) {
                throw e;
            }
            try {
                return traditionally(name, remaining(deadline));
            } catch (TrustchainException second) {
                second.addSuppressed(e);
                throw second;
            }
        }
    }

    /** The part of the time that the preferred source gets where another one stands in for it. */
    private static Duration first(Duration timeout) {
        return timeout.multipliedBy(2).dividedBy(3);
    }

    private Duration remaining(long deadlineMillis) {
        return Duration.ofMillis(Math.max(1, deadlineMillis - nowMillis.getAsLong()));
    }

    private void compare(ResolutionResult answer, Duration timeout) {
        ResolutionResult shadowed;
        try {
            shadowed = fromLedger(answer.name(), timeout);
        } catch (CodedException e) {
            // The ledger may well be silent in Phase 1; only a contradiction is worth a report.
            return;
        }
        boolean same =
                answer.found() == shadowed.found() && hosts(answer.addresses()).equals(hosts(shadowed.addresses()));
        if (!same) {
            divergence.diverged(new DivergenceListener.Divergence(
                    answer.name(), answer.found(), answer.addresses(), shadowed.found(), shadowed.addresses()));
        }
    }

    private static Set<Object> hosts(List<ServiceAddress> addresses) {
        Set<Object> hosts = new HashSet<>();
        addresses.forEach(a -> hosts.add(a.address()));
        return hosts;
    }

    private ResolutionResult traditionally(String name, Duration timeout) {
        TraditionalResolver.Answer answer = traditional.lookup(name, timeout);
        return new ResolutionResult(
                name,
                answer.found(),
                answer.addresses(),
                List.of(),
                answer.ttlSeconds(),
                NameSource.TRADITIONAL,
                Optional.empty());
    }

    private ResolutionResult fromLedger(String name, Duration timeout) {
        LedgerNames.Answer answer = ledger.lookup(name, timeout);
        StateProof proof = answer.proof();
        if (!proof.module().equals(NameRecord.MODULE) || !Arrays.equals(proof.key(), NameRecord.key(name))) {
            throw notProven(name, "it speaks of another key");
        }
        if (!answer.own()) {
            if (lightClient.verify(proof) instanceof Verdict.Rejected rejected) {
                throw notProven(name, rejected.code() + ", " + rejected.detail());
            }
            long ageMillis = nowMillis.getAsLong() - proof.header().timeMillis();
            if (ageMillis > maxProofAge.toMillis()) {
                throw new TrustchainException(
                        Code.UNREACHABLE,
                        Retry.SAME_CALL,
                        "the newest state that could be had about " + name + " is " + ageMillis + " ms old, limit "
                                + maxProofAge.toMillis() + " ms; the quorum may be lost");
            }
        }
        NameSource source = answer.own() ? NameSource.OWN_LEDGER : NameSource.PROVEN_LEDGER;
        Optional<NameRecord> record = proof.value().map(NameRecord::decode);
        return new ResolutionResult(
                name,
                record.isPresent(),
                record.map(r -> r.content().addresses()).orElse(List.of()),
                record.map(r -> r.content().texts()).orElse(List.of()),
                record.map(r -> r.content().ttlSeconds()).orElse(0),
                source,
                Optional.of(proof));
    }

    private static TrustchainException notProven(String name, String what) {
        return new TrustchainException(
                Code.NOT_PROVEN,
                Retry.SAME_CALL,
                "the proof about " + name + " does not hold: " + what + "; ask another node");
    }

    /** Collects what a resolver works with. Confined. */
    public static final class Builder {
        private final Genesis genesis;
        private final Supplier<TrustPhase> phase;
        private final LedgerNames ledger;
        private final LightClient lightClient;
        private final LongSupplier nowMillis;
        private TraditionalResolver traditional = TraditionalResolver.NONE;
        private Executor shadow = Runnable::run;
        private DivergenceListener divergence = DivergenceListener.NONE;
        private Duration maxProofAge;

        private Builder(
                Genesis genesis,
                Supplier<TrustPhase> phase,
                LedgerNames ledger,
                LightClient lightClient,
                LongSupplier nowMillis) {
            this.genesis = genesis;
            this.phase = phase;
            this.ledger = ledger;
            this.lightClient = lightClient;
            this.nowMillis = nowMillis;
            this.maxProofAge = Duration.ofMillis(
                    Math.max(300_000, 3L * genesis.parameters().heartbeatMillis()));
        }

        /**
         * Sets the traditional name system.
         *
         * @param resolver the way to it
         * @return this
         */
        public Builder traditional(TraditionalResolver resolver) {
            this.traditional = Objects.requireNonNull(resolver);
            return this;
        }

        /**
         * Sets where shadow lookups run and who hears of disagreements.
         *
         * @param executor bounded; a rejected lookup is skipped
         * @param listener hears of disagreements
         * @return this
         */
        public Builder shadow(Executor executor, DivergenceListener listener) {
            this.shadow = Objects.requireNonNull(executor);
            this.divergence = Objects.requireNonNull(listener);
            return this;
        }

        /**
         * Sets how old another node's proof may be.
         *
         * @param age longer than the network's heartbeat
         * @return this
         */
        public Builder maxProofAge(Duration age) {
            if (age.toMillis() <= genesis.parameters().heartbeatMillis()) {
                throw new IllegalArgumentException("maxProofAge must exceed the heartbeat of "
                        + genesis.parameters().heartbeatMillis() + " ms, was " + age.toMillis() + " ms");
            }
            this.maxProofAge = age;
            return this;
        }

        /**
         * Builds the resolver.
         *
         * @return the resolver
         */
        public AdaptiveResolver build() {
            return new AdaptiveResolver(this);
        }
    }
}
