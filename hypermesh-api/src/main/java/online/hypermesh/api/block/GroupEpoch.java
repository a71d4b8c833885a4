package online.hypermesh.api.block;

import java.nio.charset.StandardCharsets;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * One epoch of a group: its key, wrapped to every member and signed by the group's owner. Blocks are then sealed to the
 * epoch with one small stanza however many members it has. Somebody new gets the epoch's key by an edition with a higher
 * sequence number and reads all blocks of the epoch; somebody is removed by the next epoch, which has another key and leaves
 * them out. Immutable.
 *
 * @param network the network
 * @param owner who says who belongs to the group
 * @param name what the owner calls it, 1..{@link #MAX_NAME_BYTES} bytes of UTF-8
 * @param epoch increases with every new key; 0 for the first
 * @param sequence increases with every edition of one epoch; 0 for the first
 * @param keyCommitment 32 bytes that only the epoch's key gives, so that all members hold the same one
 * @param members 1..{@link #MAX_MEMBERS} stanzas, strictly ascending by {@link KeyStanza#compare}
 * @param signature by the owner over everything above
 */
public record GroupEpoch(
        NetworkId network,
        VerifyKey owner,
        String name,
        long epoch,
        long sequence,
        Digest keyCommitment,
        List<KeyStanza.ForRecipient> members,
        Signature signature) {
    /** Most members of a group. */
    public static final int MAX_MEMBERS = 4096;

    /** Longest name in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 128;

    /** Largest encoded epoch in bytes. */
    public static final int MAX_BYTES = 5 * 1024 * 1024;

    private static final DomainTag ID_TAG = new DomainTag("hypermesh/group/v1");
    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/group-epoch/v1");
    private static final int VERSION = 1;

    /**
     * Checks number, order and ranges.
     *
     * @param network the network
     * @param owner who says who belongs to it
     * @param name 1..{@link #MAX_NAME_BYTES} bytes
     * @param epoch at least 0
     * @param sequence at least 0
     * @param keyCommitment 32 bytes
     * @param members 1..{@link #MAX_MEMBERS}, strictly ascending
     * @param signature by the owner
     */
    public GroupEpoch {
        members = List.copyOf(members);
        BlockEnvelope.check(members, MAX_MEMBERS, "a group's epoch");
        if (epoch < 0 || sequence < 0) {
            throw new IllegalArgumentException("epoch and sequence must be >= 0, were " + epoch + " and " + sequence);
        }
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("a group's name has 1.." + MAX_NAME_BYTES + " bytes, got " + length);
        }
    }

    /**
     * Id of the group: nobody but the owner can make an epoch of it.
     *
     * @param network the network
     * @param owner the owner's key
     * @param name what the owner calls it
     * @return the tagged hash of the three
     */
    public static Digest groupId(NetworkId network, VerifyKey owner, String name) {
        return Hashing.hash(
                ID_TAG,
                new CborWriter()
                        .array(3)
                        .bytes(network.digest().toBytes())
                        .bytes(owner.toBytes())
                        .text(name)
                        .toBytes());
    }

    /**
     * Id of the group.
     *
     * @return {@link #groupId} of network, owner and name
     */
    public Digest group() {
        return groupId(network, owner, name);
    }

    /**
     * Whether the owner signed it.
     *
     * @return accepted, or INVALID_SIGNATURE
     */
    public Verdict verify() {
        return owner.verify(
                        SIGN_TAG, network, signedBody(owner, name, epoch, sequence, keyCommitment, members), signature)
                ? Verdict.ACCEPTED
                : Verdict.rejected(Code.INVALID_SIGNATURE, "the owner's signature on the group's epoch does not hold");
    }

    /**
     * What an epoch is signed under.
     *
     * @return the tag
     */
    public static DomainTag signingTag() {
        return SIGN_TAG;
    }

    /**
     * What the owner signs.
     *
     * @param owner the owner's key
     * @param name the group's name
     * @param epoch the epoch
     * @param sequence the edition
     * @param keyCommitment commitment to the epoch's key
     * @param members the stanzas
     * @return canonical bytes
     */
    public static byte[] signedBody(
            VerifyKey owner,
            String name,
            long epoch,
            long sequence,
            Digest keyCommitment,
            List<KeyStanza.ForRecipient> members) {
        return new CborWriter(256 + members.size() * 1200)
                .array(7)
                .uint(SealedHeader.SUITE_2026)
                .bytes(owner.toBytes())
                .text(name)
                .uint(epoch)
                .uint(sequence)
                .bytes(keyCommitment.toBytes())
                .list(members, (w, m) -> {
                    w.array(3);
                    m.writeBody(w);
                })
                .toBytes();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(384 + members.size() * 1200)
                .array(4)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .encoded(signedBody(owner, name, epoch, sequence, keyCommitment, members))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the epoch
     * @throws HypermeshException MALFORMED for another version, values out of range, a member twice or out of order, too
     *     many of them, or bytes that are not canonical
     */
    public static GroupEpoch decode(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes).expectArray(4).expect(VERSION, "group epoch version");
            NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
            r.expectArray(7).expect(SealedHeader.SUITE_2026, "suite");
            VerifyKey owner = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
            String name = r.text(MAX_NAME_BYTES);
            long epoch = r.uint();
            long sequence = r.uint();
            Digest commitment = Digest.of(r.fixedBytes(Digest.LENGTH));
            List<KeyStanza.ForRecipient> members =
                    r.list(MAX_MEMBERS, i -> KeyStanza.ForRecipient.readBody(i.expectArray(3)));
            Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
            r.end();
            return new GroupEpoch(network, owner, name, epoch, sequence, commitment, members, signature);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(Code.MALFORMED, Retry.NEVER, "Not an epoch of a group: " + e.getMessage(), e);
        }
    }
}
