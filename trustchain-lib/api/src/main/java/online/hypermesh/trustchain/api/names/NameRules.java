package online.hypermesh.trustchain.api.names;

import java.util.Locale;
import java.util.Optional;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustchainException;

/**
 * What a name looks like: lower-case letters, digits and hyphens in labels of 1..63 that neither begin nor end with a
 * hyphen (RFC 1123 §2.1), at most 253 characters. A network's own names end with {@code .<network>.hypermesh.alt}; the top
 * level {@code alt} is reserved for names that are never looked up in the DNS (RFC 9476), so no name of a network can
 * collide with a traditional one.
 */
public final class NameRules {
    /** Longest name in characters. */
    public static final int MAX_LENGTH = 253;

    private NameRules() {}

    /**
     * The suffix of a network's own names.
     *
     * @param genesis the network's founding document
     * @return the network's name followed by {@code .hypermesh.alt}
     */
    public static String suffix(Genesis genesis) {
        return genesis.name() + ".hypermesh.alt";
    }

    /**
     * Whether a name belongs to a suffix.
     *
     * @param name in canonical form
     * @param suffix the suffix
     * @return whether at least one label stands before the suffix
     */
    public static boolean isUnder(String name, String suffix) {
        return name.length() > suffix.length() + 1
                && name.endsWith(suffix)
                && name.charAt(name.length() - suffix.length() - 1) == '.';
    }

    /**
     * Brings what a person typed into canonical form: lower case, no final dot.
     *
     * @param name the name
     * @return its canonical form
     * @throws TrustchainException BAD_NAME
     */
    public static String canonical(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
        problem(bare).ifPresent(p -> {
            throw new TrustchainException(TrustchainException.Code.BAD_NAME, Retry.NEVER, p);
        });
        return bare;
    }

    /**
     * What is wrong with a name, if anything.
     *
     * @param name a name expected to be in canonical form
     * @return empty when it is, else what, value and limit
     */
    public static Optional<String> problem(String name) {
        if (name.isEmpty() || name.length() > MAX_LENGTH) {
            return Optional.of("a name has 1.." + MAX_LENGTH + " characters, got " + name.length());
        }
        int labelStart = 0;
        for (int i = 0; i <= name.length(); i++) {
            char c = i == name.length() ? '.' : name.charAt(i);
            if (c == '.') {
                int length = i - labelStart;
                if (length < 1 || length > 63) {
                    return Optional.of("a label has 1..63 characters, got " + length + " in \"" + name + "\"");
                }
                if (name.charAt(labelStart) == '-' || name.charAt(i - 1) == '-') {
                    return Optional.of("a label neither begins nor ends with a hyphen: \"" + name + "\"");
                }
                labelStart = i + 1;
            } else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
                return Optional.of("a name has only a-z, 0-9, hyphens and dots; character " + i + " is U+"
                        + Integer.toHexString(c).toUpperCase(Locale.ROOT));
            }
        }
        return Optional.empty();
    }
}
