package online.hypermesh.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Identities of a simulation. Instead of an Ed25519 signature, a vote carries what it says and who says it: nobody in the
 * simulation forges, and schedules run a hundred times as fast. Production code verifies Ed25519 and takes none of them.
 */
final class SimKeys {
    private static final long MARK = 0x73696d2d766f7465L;

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

    /** Who says what, in 64 bytes: other signers and other statements have other signatures. */
    static Signature sign(int validator, VoteStatement statement) {
        ByteBuffer signature = ByteBuffer.allocate(Signature.LENGTH)
                .putInt(validator)
                .putInt(statement.kind().ordinal())
                .putLong(statement.epoch())
                .putLong(statement.view())
                .put(statement.blockId().toBytes());
        return Signature.of(signature.putLong(MARK).array());
    }

    static VoteVerifier verifier() {
        return (validator, statement, signature) -> sign(validator, statement).equals(signature);
    }
}
