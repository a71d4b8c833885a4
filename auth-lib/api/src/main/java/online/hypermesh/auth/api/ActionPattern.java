package online.hypermesh.auth.api;

import java.util.regex.Pattern;

/**
 * One action, all actions beneath a prefix, or every action. {@code names.register} is exact; {@code names.*} covers
 * {@code names.register} and {@code names.zone.transfer} but not {@code namespace.list}; {@code *} covers everything.
 * Immutable.
 *
 * @param text an action's name, a prefix followed by {@code .*}, or {@code *}
 */
public record ActionPattern(String text) {
    private static final Pattern FORM =
            Pattern.compile("\\*|[a-z0-9-]+(\\.[a-z0-9-]+)*\\.\\*|[a-z0-9-]+(\\.[a-z0-9-]+)+");

    /** Largest length of a pattern. */
    public static final int MAX_LENGTH = Action.MAX_LENGTH + 2;

    /** Covers every action. */
    public static final ActionPattern EVERYTHING = new ActionPattern("*");

    /**
     * Checks the form.
     *
     * @param text exact name, prefix with {@code .*}, or {@code *}
     */
    public ActionPattern {
        if (text.length() > MAX_LENGTH || !FORM.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "an action pattern is an action such as names.register, a prefix such as names.*, or *, at most "
                            + MAX_LENGTH + " characters, was \"" + Text.excerpt(text) + "\"");
        }
    }

    /**
     * The pattern that covers exactly one action.
     *
     * @param action the action
     * @return the pattern
     */
    public static ActionPattern exactly(Action action) {
        return new ActionPattern(action.name());
    }

    /**
     * Whether an action is covered.
     *
     * @param action the action
     * @return true if so
     */
    public boolean covers(Action action) {
        return isPrefix() ? action.name().startsWith(prefix()) : text.equals(action.name());
    }

    /**
     * Whether every action another pattern covers is covered by this one.
     *
     * @param other the other pattern
     * @return true if so
     */
    public boolean covers(ActionPattern other) {
        return isPrefix() ? other.prefix().startsWith(prefix()) : text.equals(other.text);
    }

    /**
     * Whether some action is covered by both patterns.
     *
     * @param other the other pattern
     * @return true if so
     */
    public boolean overlaps(ActionPattern other) {
        return covers(other) || other.covers(this);
    }

    private boolean isPrefix() {
        return text.endsWith("*");
    }

    /** What covered names begin with; of an exact pattern the name itself. */
    private String prefix() {
        return isPrefix() ? text.substring(0, text.length() - 1) : text;
    }

    @Override
    public String toString() {
        return text;
    }
}
