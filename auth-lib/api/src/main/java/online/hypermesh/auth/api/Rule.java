package online.hypermesh.auth.api;

import java.util.regex.Pattern;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * One line of the policy: who may, or may not, do what to what. A rule without effect on a question is as if it were not
 * there; without any allowing rule the answer is no; one denying rule outweighs every allowing one. Immutable.
 *
 * @param id name of the rule, 1..48 characters of a-z, 0-9 and hyphen, unique in the network
 * @param subject whom it speaks of
 * @param action which actions
 * @param resource which resources: this one and everything beneath
 * @param effect what it does
 */
public record Rule(String id, Subject subject, ActionPattern action, Resource resource, Effect effect) {
    private static final Pattern ID = Pattern.compile("[a-z0-9-]+");

    /** Largest length of an id. */
    public static final int MAX_ID_LENGTH = 48;

    /**
     * Checks the id.
     *
     * @param id 1..48 characters of a-z, 0-9 and hyphen
     * @param subject whom
     * @param action which actions
     * @param resource which resources
     * @param effect what it does
     */
    public Rule {
        requireId(id);
    }

    static void requireId(String id) {
        if (id.length() > MAX_ID_LENGTH || !ID.matcher(id).matches()) {
            throw new IllegalArgumentException("a rule id is 1.." + MAX_ID_LENGTH
                    + " characters of a-z, 0-9 and hyphen, was \"" + Text.excerpt(id) + "\"");
        }
    }

    /**
     * Whether the rule speaks of an action on a resource; its subject is not looked at.
     *
     * @param asked the action
     * @param target the resource
     * @return true if so
     */
    public boolean covers(Action asked, Resource target) {
        return action.covers(asked) && resource.covers(target);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(5).text(id);
        subject.writeTo(w);
        w.text(action.text()).text(resource.path()).uint(effect.code());
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the rule
     */
    public static Rule readFrom(CborReader r) {
        r.expectArray(5);
        return new Rule(
                r.text(MAX_ID_LENGTH),
                Subject.readFrom(r),
                new ActionPattern(r.text(ActionPattern.MAX_LENGTH)),
                new Resource(r.text(Resource.MAX_LENGTH)),
                Effect.of(r.uint(1)));
    }

    @Override
    public String toString() {
        return id + ": " + effect + " " + subject.label() + " " + action + " on " + resource;
    }
}
