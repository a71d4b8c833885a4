package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Identities of a simulation. Votes are signed with keyed hashes instead of Ed25519: nobody in the simulation forges, and
 * schedules run fifty times as fast.
 */
final class SimKeys {
    private static final DomainTag TAG = new DomainTag("hypermesh/sim-vote/v1");

    private SimKeys() {}

    static NetworkId network() {
        return new NetworkId(Digest.sha256(new byte[] {7}));
    }

    static SigningKey key(int i) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (i + 1));
        return SigningKey.fromSeed(seed);
    }

    static ValidatorSet set(List<SigningKey> keys, long[] stakes) {
        List<Validator> validators = new ArrayList<>();
        for (int i = 0; i < stakes.length; i++) {
            validators.add(new Validator(
                    NodeId.of(keys.get(i).verifyKey()), keys.get(i).verifyKey(), stakes[i]));
        }
        return new ValidatorSet(validators);
    }

    static Signature sign(int validator, VoteStatement statement) {
        byte[] body = new CborWriter()
                .array(2)
                .uint(validator)
                .bytes(statement.encode())
                .toBytes();
        byte[] half = Hashing.hash(TAG, body).toBytes();
        byte[] signature = Arrays.copyOf(half, 64);
        System.arraycopy(half, 0, signature, 32, 32);
        return Signature.of(signature);
    }

    static VoteVerifier verifier() {
        return (validator, statement, signature) -> sign(validator, statement).equals(signature);
    }
}
