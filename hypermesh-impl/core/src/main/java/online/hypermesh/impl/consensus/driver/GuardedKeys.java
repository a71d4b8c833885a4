package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.impl.consensus.Availability;
import online.hypermesh.impl.consensus.AvailabilityStatement;
import online.hypermesh.impl.consensus.AvailabilityVerifier;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.VoteSigner;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.impl.consensus.VotingKeys;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** A node's voting keys, of which each epoch's set names one, behind one guard. Confined to the consensus thread. */
final class GuardedKeys implements VotingKeys {
    private final NodeId self;
    private final NetworkId network;
    private final List<SigningKey> keys;
    private final SigningGuard guard;
    private @Nullable SigningKey current;

    GuardedKeys(NodeId self, NetworkId network, List<SigningKey> keys) {
        this.self = self;
        this.network = network;
        this.keys = List.copyOf(keys);
        this.guard = new SigningGuard(s -> {
            SigningKey key = current;
            if (key == null) {
                throw new IllegalStateException("a signer was used in an epoch in which this node has no key");
            }
            return key.sign(VoteStatement.TAG, network, s.encode());
        });
    }

    /** Learns of a signature given in an earlier life. */
    void remember(VoteStatement statement) {
        guard.remember(statement);
    }

    @Override
    public Optional<VoteSigner> signer(ValidatorSet set) {
        current = null;
        set.indexOf(self).ifPresent(index -> {
            for (SigningKey key : keys) {
                if (key.verifyKey().equals(set.get(index).votingKey())) {
                    current = key;
                }
            }
        });
        return current == null ? Optional.empty() : Optional.of(guard);
    }

    @Override
    public Availability availability(ValidatorSet set) {
        Optional<Function<AvailabilityStatement, Signature>> promises = signer(set)
                .map(guard -> s -> {
                    SigningKey key = current;
                    if (key == null) {
                        throw new IllegalStateException(
                                "a batch was promised in an epoch in which this node has no key");
                    }
                    return key.sign(AvailabilityStatement.TAG, network, s.encode());
                });
        return new Availability(promises, AvailabilityVerifier.of(network, set));
    }

    @Override
    public VoteVerifier verifier(ValidatorSet set) {
        return VoteVerifier.of(network, set);
    }
}
