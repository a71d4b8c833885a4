package online.hypermesh.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.impl.consensus.AvailabilityStatement;
import online.hypermesh.impl.consensus.AvailabilityVerifier;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Identities of a simulation. Instead of an Ed25519 signature, a vote carries what it says and who says it: nobody in the
 * simulation forges, and schedules run a hundred times as fast. Production code verifies Ed25519 and takes none of them.
 */
final class SimKeys {
    private static final long MARK = 0x73696d2d766f7465L;

    /** The same few in every schedule. */
    private static final Map<ByteBuffer, SigningKey> MADE = new ConcurrentHashMap<>();

    private SimKeys() {}

    static NetworkId network() {
        return new NetworkId(Digest.sha256(new byte[] {7}));
    }

    static SigningKey key(int i) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (i + 1));
        return of(seed);
    }

    static SigningKey votingKey(int node, int generation) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (node + 1));
        seed[0] = (byte) generation;
        seed[1] = 'v';
        return of(seed);
    }

    private static SigningKey of(byte[] seed) {
        return MADE.computeIfAbsent(ByteBuffer.wrap(seed), s -> SigningKey.fromSeed(seed));
    }

    /** Who says what, the key by its first bytes, in 64 bytes: other signers and other statements have other signatures. */
    static Signature sign(VerifyKey votingKey, VoteStatement statement) {
        ByteBuffer signature = ByteBuffer.allocate(Signature.LENGTH)
                .put(votingKey.toBytes(), 0, Long.BYTES)
                .putLong(statement.epoch())
                .putLong(statement.view())
                .put(statement.blockId().toBytes());
        return Signature.of(signature.putLong(MARK + statement.kind().ordinal()).array());
    }

    /** Like {@link #sign(VerifyKey, VoteStatement)}; marked as what no vote is. */
    static Signature promise(VerifyKey votingKey, AvailabilityStatement statement) {
        ByteBuffer signature = ByteBuffer.allocate(Signature.LENGTH)
                .put(votingKey.toBytes(), 0, Long.BYTES)
                .putLong(statement.epoch())
                .putLong(statement.maker() * 1_000_003L + statement.sequence())
                .put(statement.batchId().toBytes());
        return Signature.of(signature.putLong(MARK - 1).array());
    }

    static AvailabilityVerifier promises(ValidatorSet set) {
        return (validator, statement, signature) ->
                promise(set.get(validator).votingKey(), statement).equals(signature);
    }

    static VoteVerifier verifier(ValidatorSet set) {
        return (validator, statement, signature) ->
                sign(set.get(validator).votingKey(), statement).equals(signature);
    }
}
