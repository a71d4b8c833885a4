package online.hypermesh.auth.api;

import java.util.Locale;

/** A kind of member that a rule can speak of as a whole. */
public enum Group {
    /** Every member: validators, operators and enrolled identities. */
    ANY_MEMBER(0),
    /** Validators of the network. */
    VALIDATORS(1),
    /** Those who administer the network, named in its genesis. */
    OPERATORS(2),
    /** Identities admitted by a policy transaction. */
    ENROLLED(3);

    private final int code;

    Group(int code) {
        this.code = code;
    }

    /**
     * The number in encodings.
     *
     * @return 0..3
     */
    public int code() {
        return code;
    }

    /**
     * The name people write: lower case with hyphens, such as {@code any-member}.
     *
     * @return the name
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The group with a number.
     *
     * @param code 0..3
     * @return the group
     * @throws IllegalArgumentException for other numbers
     */
    public static Group of(int code) {
        for (Group group : values()) {
            if (group.code == code) {
                return group;
            }
        }
        throw new IllegalArgumentException("group must be 0..3, was " + code);
    }
}
