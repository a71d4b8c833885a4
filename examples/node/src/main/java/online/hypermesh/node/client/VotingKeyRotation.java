package online.hypermesh.node.client;

import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.ledger.ValidatorsModule;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Replaces a validator's voting key, as far as it can be at the moment: what is proven of the ledger says which step is next, so
 * that it may be stopped anywhere and repeated. A new key is kept before anybody hears of it, and the old one until the
 * validators' set names the new one. Confined to one thread.
 */
public final class VotingKeyRotation {
    /** What came of a call. */
    public enum Step {
        /** The ledger took the new key; it counts from the next epoch on. */
        ASKED,
        /** The ledger knows the new key; this epoch still has the old one. */
        WAITING,
        /** The new key is the one in use, and the old one is gone from the keys. */
        FINISHED
    }

    /**
     * How far it is.
     *
     * @param step what was done
     * @param epoch the epoch that the ledger stands in
     * @param votingKey the new key
     */
    public record Progress(Step step, long epoch, VerifyKey votingKey) {}

    private final NodeClient client;
    private final NodeId via;
    private final SecureRandom random;

    /**
     * Prepares.
     *
     * @param client of somebody who may read the ledger and submit; need not be the validator
     * @param via through which node
     * @param random makes the new key
     */
    public VotingKeyRotation(NodeClient client, NodeId via, SecureRandom random) {
        this.client = client;
        this.via = via;
        this.random = random;
    }

    /**
     * Goes one step further.
     *
     * @param keys the validator's; not closed
     * @param keep makes changed keys durable before it returns
     * @return how far it is
     * @throws HypermeshException NOT_FOUND when the keys are no validator's; DENIED when the ledger refuses, as it does for a second
     *     new key within one epoch
     */
    public Progress advance(NodeKeys keys, Consumer<NodeKeys> keep) {
        NodeId self = keys.id();
        VerifyKey registered = client.prove(via, ValidatorChange.MODULE, ValidatorsModule.registrationKey(self))
                .value()
                .map(ValidatorsModule::votingKeyIn)
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.NEVER,
                        "validator " + self + " is not registered: the keystore is of another node or network"));
        long epoch = client.provenEpoch(via);
        Optional<SigningKey> prepared = keys.nextVoting();
        if (prepared.isPresent() && prepared.get().verifyKey().equals(registered)) {
            boolean inUse = inUse(self).filter(registered::equals).isPresent();
            if (inUse) {
                keep.accept(keys.withNextVotingAlone());
            }
            return new Progress(inUse ? Step.FINISHED : Step.WAITING, epoch, registered);
        }
        if (!registered.equals(keys.voting().verifyKey())) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "the ledger names voting key " + registered + " for this validator, which is not in the keystore."
                            + " Bring the newest backup of it back with: hypermesh keys restore");
        }
        SigningKey next = prepared.orElseGet(() -> SigningKey.generate(random));
        if (prepared.isEmpty()) {
            keep.accept(keys.withNextVoting(next));
        }
        Outcome outcome = client.submitAs(
                        via,
                        keys.node(),
                        ValidatorChange.MODULE,
                        ValidatorChange.rotate(client.genesis().networkId(), self, next)
                                .encode())
                .outcome();
        if (outcome instanceof Outcome.Refused refused) {
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    "the ledger refused the new voting key: " + refused.code() + ", " + refused.detail()
                            + ". Repeat the command in the next epoch; the key is kept");
        }
        return new Progress(Step.ASKED, epoch, next.verifyKey());
    }

    private Optional<VerifyKey> inUse(NodeId self) {
        for (int page = 0; ; page++) {
            byte[] part = client.prove(via, ValidatorChange.MODULE, ValidatorsModule.currentKey(page))
                    .value()
                    .orElse(null);
            if (part == null) {
                return Optional.empty();
            }
            ValidatorSet set = ValidatorSet.readFrom(new CborReader(part));
            if (set.indexOf(self).isPresent()) {
                Validator found = set.get(set.indexOf(self).getAsInt());
                return Optional.of(found.votingKey());
            }
        }
    }
}
