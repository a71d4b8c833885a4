package online.hypermesh.auth.api;

import java.util.regex.Pattern;

/**
 * What an action is done to, as an absolute path such as {@code /names/db.alpha}. A path covers itself and everything
 * beneath it, by whole segments: {@code /names/db} covers {@code /names/db/eu} but not {@code /names/dbx}; {@code /} covers
 * everything. Immutable.
 *
 * @param path {@code /}, or segments of A-Z, a-z, 0-9 and {@code . _ ~ : @ + = -} each after a slash, at most 200
 *     characters; no segment is {@code .} or {@code ..}
 */
public record Resource(String path) {
    private static final Pattern FORM = Pattern.compile("/|(/[A-Za-z0-9._~:@+=-]+)+");

    /** Largest length of a path. */
    public static final int MAX_LENGTH = 200;

    /** Covers every resource. */
    public static final Resource ROOT = new Resource("/");

    /**
     * Checks the path.
     *
     * @param path absolute, without empty or dotted segments
     */
    public Resource {
        if (path.length() > MAX_LENGTH
                || !FORM.matcher(path).matches()
                || (path + "/").contains("/./")
                || (path + "/").contains("/../")) {
            throw new IllegalArgumentException(
                    "a resource is an absolute path such as /names/db.alpha of at most " + MAX_LENGTH
                            + " characters from A-Z, a-z, 0-9 and . _ ~ : @ + = - without empty, . or .. segments, was \""
                            + Text.excerpt(path) + "\"");
        }
    }

    /**
     * Whether another resource is this one or lies beneath it.
     *
     * @param other the other resource
     * @return true if so
     */
    public boolean covers(Resource other) {
        return path.equals("/") || other.path.equals(path) || other.path.startsWith(path + "/");
    }

    /**
     * Whether one of two resources covers the other.
     *
     * @param other the other resource
     * @return true if so
     */
    public boolean overlaps(Resource other) {
        return covers(other) || other.covers(this);
    }

    @Override
    public String toString() {
        return path;
    }
}
