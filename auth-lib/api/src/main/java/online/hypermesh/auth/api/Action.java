package online.hypermesh.auth.api;

import java.util.regex.Pattern;

/**
 * Something a principal can do, as a dotted name such as {@code content.put}. Immutable.
 *
 * @param name 2 or more segments of a-z, 0-9 and hyphen joined by dots, 3..64 characters
 */
public record Action(String name) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9-]+(\\.[a-z0-9-]+)+");

    /** Largest length of a name. */
    public static final int MAX_LENGTH = 64;

    /** Store content and commit its manifest. */
    public static final Action CONTENT_PUT = new Action("content.put");
    /** Read content. */
    public static final Action CONTENT_GET = new Action("content.get");
    /** Register or change a name. */
    public static final Action NAMES_REGISTER = new Action("names.register");
    /** Resolve a name. */
    public static final Action NAMES_RESOLVE = new Action("names.resolve");
    /** Issue a certificate and record it. */
    public static final Action CERTIFICATES_ISSUE = new Action("certificates.issue");
    /** Ask for the state of a certificate. */
    public static final Action CERTIFICATES_VALIDATE = new Action("certificates.validate");
    /** Grant and revoke rules. */
    public static final Action POLICY_WRITE = new Action("policy.write");
    /** Enroll and expel identities. */
    public static final Action IDENTITIES_ENROLL = new Action("identities.enroll");
    /** Hand a transaction to a node. */
    public static final Action LEDGER_SUBMIT = new Action("ledger.submit");
    /** Read blocks and proofs from a node. */
    public static final Action LEDGER_READ = new Action("ledger.read");
    /** Attest that the network may enter its next phase. */
    public static final Action NETWORK_ATTEST = new Action("network.attest");
    /** Read a node's status. */
    public static final Action STATUS_READ = new Action("status.read");

    /**
     * Checks the name.
     *
     * @param name dotted, lower case, 3..64 characters
     */
    public Action {
        if (name.length() > MAX_LENGTH || !FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "an action is two or more segments of a-z, 0-9 and hyphen joined by dots, at most " + MAX_LENGTH
                            + " characters, was \"" + Text.excerpt(name) + "\"");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
