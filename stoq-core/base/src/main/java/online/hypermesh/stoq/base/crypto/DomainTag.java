package online.hypermesh.stoq.base.crypto;

import java.nio.charset.StandardCharsets;

/**
 * The purpose of a hash or signature, part of what is hashed or signed, so that a value made for one purpose means nothing
 * for another.
 *
 * @param name printable ASCII such as {@code hypermesh/block/v1}, 1..64 characters
 */
public record DomainTag(String name) {
    /**
     * Checks the name.
     *
     * @param name printable ASCII, 1..64 characters
     */
    public DomainTag {
        if (name.isEmpty() || name.length() > 64 || !name.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "a domain tag is 1..64 printable ASCII characters, was \"" + name + "\"");
        }
    }

    byte[] prefix() {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        byte[] prefix = new byte[ascii.length + 1];
        prefix[0] = (byte) ascii.length;
        System.arraycopy(ascii, 0, prefix, 1, ascii.length);
        return prefix;
    }
}
