package online.hypermesh.node.keys;

import java.security.SecureRandom;
import java.util.Optional;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** The long-term secrets of one node, operator or guest. Thread-safe; {@link #close()} destroys them. */
public final class NodeKeys implements AutoCloseable {
    /** Length of a vote log's name in bytes. */
    public static final int VOTE_LOG_ID_BYTES = 16;

    private static final int VERSION = 1;

    private final SigningKey node;
    private final SigningKey voting;
    private final SigningKey issuer;
    private final SecretBytes contentSeed;
    private final Optional<byte[]> voteLogId;

    private NodeKeys(
            SigningKey node,
            SigningKey voting,
            SigningKey issuer,
            SecretBytes contentSeed,
            Optional<byte[]> voteLogId) {
        this.node = node;
        this.voting = voting;
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
        return new NodeKeys(node, voting, issuer, contentSeed, Optional.of(id));
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
        CborWriter w = new CborWriter(256).array(6).uint(VERSION);
        node.seed().use(w::bytes);
        voting.seed().use(w::bytes);
        issuer.seed().use(w::bytes);
        contentSeed.use(w::bytes);
        voteLogId.ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    static NodeKeys decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(6).expect(VERSION, "version of the keys");
        NodeKeys keys = new NodeKeys(
                SigningKey.fromSeed(r.fixedBytes(32)),
                SigningKey.fromSeed(r.fixedBytes(32)),
                SigningKey.fromSeed(r.fixedBytes(32)),
                SecretBytes.copyOf(r.fixedBytes(32)),
                r.nil() ? Optional.empty() : Optional.of(r.fixedBytes(VOTE_LOG_ID_BYTES)));
        r.end();
        return keys;
    }

    @Override
    public void close() {
        node.close();
        voting.close();
        issuer.close();
        contentSeed.close();
    }

    @Override
    public String toString() {
        return "NodeKeys[" + id().toShortString() + "]";
    }
}
