package online.hypermesh.auth.api;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A member of the network as the policy records it. Immutable.
 *
 * @param nodeKey its long-term key
 * @param label what people call it
 * @param groups what kinds of member it is, at least one, never {@link Group#ANY_MEMBER}, in the order of the enum
 * @param enrolledBy who admitted it; empty for members of the genesis
 * @param height height of the block that admitted it; 0 for members of the genesis
 */
public record Member(VerifyKey nodeKey, String label, Set<Group> groups, Optional<NodeId> enrolledBy, long height) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9.-]+");

    /** Largest length of a label. */
    public static final int MAX_LABEL_LENGTH = 63;

    /**
     * Checks the label and copies the groups.
     *
     * @param nodeKey long-term key
     * @param label 1..63 characters of a-z, 0-9, dot and hyphen
     * @param groups at least one, without ANY_MEMBER
     * @param enrolledBy who admitted it
     * @param height at least 0
     */
    public Member {
        requireLabel(label);
        if (groups.isEmpty() || groups.contains(Group.ANY_MEMBER)) {
            throw new IllegalArgumentException(
                    "a member is of at least one kind, and ANY_MEMBER is none; got " + groups);
        }
        if (height < 0) {
            throw new IllegalArgumentException("height must be >= 0, was " + height);
        }
        groups = Collections.unmodifiableSet(EnumSet.copyOf(groups));
    }

    static void requireLabel(String label) {
        if (label.length() > MAX_LABEL_LENGTH || !FORM.matcher(label).matches()) {
            throw new IllegalArgumentException("a label is 1.." + MAX_LABEL_LENGTH
                    + " characters of a-z, 0-9, dot and hyphen, was \"" + Text.excerpt(label) + "\"");
        }
    }

    /**
     * The member's identity.
     *
     * @return the id of its key
     */
    public NodeId id() {
        return NodeId.of(nodeKey);
    }

    /**
     * Whether the member belongs to a group.
     *
     * @param group the group
     * @return true if so; always for {@link Group#ANY_MEMBER}
     */
    public boolean in(Group group) {
        return group == Group.ANY_MEMBER || groups.contains(group);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        int bits = 0;
        for (Group group : groups) {
            bits |= 1 << group.code();
        }
        CborWriter w = new CborWriter(160)
                .array(6)
                .uint(1)
                .bytes(nodeKey.toBytes())
                .text(label)
                .uint(bits);
        enrolledBy.ifPresentOrElse(by -> w.bytes(by.digest().toBytes()), w::nil);
        return w.uint(height).toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the member
     */
    public static Member decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(6).expect(1, "member version");
        VerifyKey key = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
        String label = r.text(MAX_LABEL_LENGTH);
        int bits = r.uint(15);
        if ((bits & 1) != 0 || bits == 0) {
            throw new CborException("member kinds " + bits + " name no kind or a reserved one");
        }
        EnumSet<Group> groups = EnumSet.noneOf(Group.class);
        for (Group group : Group.values()) {
            if ((bits >>> group.code() & 1) == 1) {
                groups.add(group);
            }
        }
        Optional<NodeId> by =
                r.nil() ? Optional.empty() : Optional.of(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))));
        Member member = new Member(key, label, groups, by, r.uint());
        r.end();
        return member;
    }
}
