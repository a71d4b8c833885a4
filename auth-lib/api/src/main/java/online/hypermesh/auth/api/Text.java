package online.hypermesh.auth.api;

/** Shortens what strangers wrote before it is repeated in an error. */
final class Text {
    private static final int EXCERPT_LENGTH = 80;

    private Text() {}

    static String excerpt(String text) {
        return text.length() <= EXCERPT_LENGTH
                ? text
                : text.substring(0, EXCERPT_LENGTH) + "… (" + text.length() + " characters)";
    }
}
