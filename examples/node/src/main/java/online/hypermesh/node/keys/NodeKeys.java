package online.hypermesh.node.keys;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** The long-term secrets of one node, operator or guest. Thread-safe; {@link #close()} destroys them. */
public final class NodeKeys implements AutoCloseable {
    /** Length of a vote log's name in bytes. */
    public static final int VOTE_LOG_ID_BYTES = 16;

    /** Without a next voting key; still read. */
    private static final int VERSION_1 = 1;

    private static final int VERSION = 2;

    private final SigningKey node;
    private final SigningKey voting;
    private final Optional<SigningKey> nextVoting;
    private final SigningKey issuer;
    private final SecretBytes contentSeed;
    private final Optional<byte[]> voteLogId;

    private NodeKeys(
            SigningKey node,
            SigningKey voting,
            Optional<SigningKey> nextVoting,
            SigningKey issuer,
            SecretBytes contentSeed,
            Optional<byte[]> voteLogId) {
        this.node = node;
        this.voting = voting;
        this.nextVoting = nextVoting;
        this.issuer = issuer;
        this.contentSeed = contentSeed;
        this.voteLogId = voteLogId.map(byte[]::clone);
    }

    /**
     * Makes fresh keys.
     *
     * @param random where the secrets come from
     * @return keys without a vote log
     */
    public static NodeKeys generate(SecureRandom random) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        SecretBytes content = SecretBytes.copyOf(seed);
        java.util.Arrays.fill(seed, (byte) 0);
        return new NodeKeys(
                SigningKey.generate(random),
                SigningKey.generate(random),
                Optional.empty(),
                SigningKey.generate(random),
                content,
                Optional.empty());
    }

    /**
     * The identity.
     *
     * @return id of the node key
     */
    public NodeId id() {
        return NodeId.of(node.verifyKey());
    }

    /**
     * The key behind the identity; signs leaf bindings and transactions.
     *
     * @return the node key
     */
    public SigningKey node() {
        return node;
    }

    /**
     * The key that signs votes.
     *
     * @return the voting key
     */
    public SigningKey voting() {
        return voting;
    }

    /**
     * The voting key that takes over when the validators' set names it.
     *
     * @return the key; empty while none is being replaced
     */
    public Optional<SigningKey> nextVoting() {
        return nextVoting;
    }

    /**
     * The keys the node votes with, of which an epoch's set names one.
     *
     * @return one, or two while one is being replaced
     */
    public List<SigningKey> votingKeys() {
        return nextVoting.map(next -> List.of(voting, next)).orElse(List.of(voting));
    }

    /**
     * The same keys with one more, which will replace the voting key.
     *
     * @param next the key
     * @return keys that share their secrets with these
     * @throws IllegalStateException if one is being replaced already
     */
    public NodeKeys withNextVoting(SigningKey next) {
        if (nextVoting.isPresent()) {
            throw new IllegalStateException("a voting key is being replaced already");
        }
        return new NodeKeys(node, voting, Optional.of(next), issuer, contentSeed, voteLogId);
    }

    /**
     * The same keys without the voting key that was replaced. The vote log goes on: votes with the old key bind the new one.
     *
     * @return keys that share their secrets with these
     * @throws IllegalStateException if none is being replaced
     */
    public NodeKeys withNextVotingAlone() {
        return new NodeKeys(
                node,
                nextVoting.orElseThrow(() -> new IllegalStateException("no voting key is being replaced")),
                Optional.empty(),
                issuer,
                contentSeed,
                voteLogId);
    }

    /**
     * The key that signs leaves for others.
     *
     * @return the issuer key
     */
    public SigningKey issuer() {
        return issuer;
    }

    /**
     * The secret from which content keys are derived.
     *
     * @return 32 bytes
     */
    public SecretBytes contentSeed() {
        return contentSeed;
    }

    /**
     * Name of the vote log that belongs to the voting key. A data directory with another one, or none, has lost votes.
     *
     * @return {@value #VOTE_LOG_ID_BYTES} bytes; empty before the first start
     */
    public Optional<byte[]> voteLogId() {
        return voteLogId.map(byte[]::clone);
    }

    /**
     * The same keys bound to a vote log.
     *
     * @param id the vote log's name, {@value #VOTE_LOG_ID_BYTES} bytes
     * @return keys that share their secrets with these
     */
    public NodeKeys withVoteLogId(byte[] id) {
        if (id.length != VOTE_LOG_ID_BYTES) {
            throw new IllegalArgumentException("a vote log id has " + VOTE_LOG_ID_BYTES + " bytes, got " + id.length);
        }
        return new NodeKeys(node, voting, nextVoting, issuer, contentSeed, Optional.of(id));
    }

    /**
     * The public half, as a founding document lists it.
     *
     * @param name what people call the node
     * @param stake its voting weight
     * @return the entry
     */
    public GenesisValidator toValidator(String name, long stake) {
        return new GenesisValidator(name, node.verifyKey(), voting.verifyKey(), issuer.verifyKey(), stake);
    }

    byte[] encode() {
        CborWriter w = new CborWriter(256).array(7).uint(VERSION);
        node.seed().use(w::bytes);
        voting.seed().use(w::bytes);
        issuer.seed().use(w::bytes);
        contentSeed.use(w::bytes);
        voteLogId.ifPresentOrElse(w::bytes, w::nil);
        nextVoting.ifPresentOrElse(next -> next.seed().use(w::bytes), w::nil);
        return w.toBytes();
    }

    static NodeKeys decode(byte[] bytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(7);
        int version = r.uint(VERSION);
        if (version < VERSION_1 || items != version + 5) {
            throw new CborException("keys of version " + version + " with " + items + " items");
        }
        SigningKey node = SigningKey.fromSeed(r.fixedBytes(32));
        SigningKey voting = SigningKey.fromSeed(r.fixedBytes(32));
        SigningKey issuer = SigningKey.fromSeed(r.fixedBytes(32));
        SecretBytes content = SecretBytes.copyOf(r.fixedBytes(32));
        Optional<byte[]> log = r.nil() ? Optional.empty() : Optional.of(r.fixedBytes(VOTE_LOG_ID_BYTES));
        Optional<SigningKey> next =
                version == VERSION_1 || r.nil() ? Optional.empty() : Optional.of(SigningKey.fromSeed(r.fixedBytes(32)));
        r.end();
        return new NodeKeys(node, voting, next, issuer, content, log);
    }

    @Override
    public void close() {
        node.close();
        voting.close();
        nextVoting.ifPresent(SigningKey::close);
        issuer.close();
        contentSeed.close();
    }

    @Override
    public String toString() {
        return "NodeKeys[" + id().toShortString() + "]";
    }
}
