package online.hypermesh.impl.store.s3;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

/**
 * Where in which bucket a store lives. Credentials are those of the AWS default chain: system properties, environment,
 * profile, or the machine's role. Immutable.
 *
 * @param bucket name of a bucket that exists
 * @param prefix what all keys begin with: empty, or names that each end in a slash
 * @param region region of the bucket, such as {@code eu-central-1}
 * @param endpoint another server than Amazon's; https, or a server on this machine
 */
public record S3Location(String bucket, String prefix, String region, Optional<URI> endpoint) {
    /** Longest prefix in characters. */
    public static final int MAX_PREFIX = 512;

    /**
     * Checks.
     *
     * @param bucket 3..63 lower-case letters, digits, dots and hyphens
     * @param prefix letters, digits, {@code ._-} and slashes; empty or ending in a slash
     * @param region letters, digits and hyphens
     * @param endpoint https, or http on this machine
     */
    public S3Location {
        Objects.requireNonNull(endpoint);
        if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw new IllegalArgumentException(
                    "bucket must be 3..63 lower-case letters, digits, dots and hyphens, was \"" + bucket + "\"");
        }
        if (prefix.length() > MAX_PREFIX || !prefix.matches("([A-Za-z0-9._-]+/)*")) {
            throw new IllegalArgumentException("prefix must be at most " + MAX_PREFIX
                    + " characters, empty or names of letters, digits and ._- that each end in /, was \"" + prefix
                    + "\"");
        }
        if (!region.matches("[A-Za-z0-9-]{1,64}")) {
            throw new IllegalArgumentException("region must be letters, digits and hyphens, was \"" + region + "\"");
        }
        if (endpoint.isPresent() && !isConfidential(endpoint.get())) {
            throw new IllegalArgumentException(
                    "endpoint must be https, or http on this machine, was " + endpoint.get());
        }
    }

    private static boolean isConfidential(URI endpoint) {
        String host = endpoint.getHost();
        if (host == null) {
            return false;
        }
        if ("https".equals(endpoint.getScheme())) {
            return true;
        }
        try {
            return "http".equals(endpoint.getScheme())
                    && (host.equals("localhost") || host.matches("[0-9.]+|\\[[0-9a-fA-F:]+]"))
                    && InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + prefix;
    }
}
