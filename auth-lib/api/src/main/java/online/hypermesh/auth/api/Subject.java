package online.hypermesh.auth.api;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Whom a rule speaks of. Immutable. */
public sealed interface Subject {
    /**
     * One identity.
     *
     * @param id the identity
     */
    record Node(NodeId id) implements Subject {
        @Override
        public String label() {
            return id.toString();
        }
    }

    /**
     * A kind of members.
     *
     * @param group the kind
     */
    record Kind(Group group) implements Subject {
        @Override
        public String label() {
            return group.label();
        }
    }

    /**
     * What people write: 64 hexadecimal digits, or a group's name.
     *
     * @return the text
     */
    String label();

    /**
     * The subject that {@link #label()} wrote.
     *
     * @param label 64 hexadecimal digits, or {@code any-member}, {@code validators}, {@code operators}, {@code enrolled}
     * @return the subject
     * @throws IllegalArgumentException if it is neither
     */
    static Subject parse(String label) {
        for (Group group : Group.values()) {
            if (group.label().equals(label)) {
                return new Kind(group);
            }
        }
        if (!label.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "a subject is a node id of 64 lower-case hexadecimal digits, or one of any-member, validators, operators,"
                            + " enrolled; was \"" + Text.excerpt(label) + "\"");
        }
        return new Node(NodeId.fromHex(label));
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    default void writeTo(CborWriter w) {
        if (this instanceof Node n) {
            w.array(2).uint(0).bytes(n.id().digest().toBytes());
        } else if (this instanceof Kind k) {
            w.array(2).uint(1).uint(k.group().code());
        }
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the subject
     */
    static Subject readFrom(CborReader r) {
        r.expectArray(2);
        int tag = r.uint(1);
        return tag == 0 ? new Node(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH)))) : new Kind(group(r));
    }

    private static Group group(CborReader r) {
        long code = r.uint();
        if (code > 3) {
            throw new CborException("group " + code + " is not known; 0..3 are");
        }
        return Group.of((int) code);
    }
}
