package online.hypermesh.impl.content.repository;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;

/**
 * What opens a repository: a key of 32 bytes, a passphrase, a recovery key, or the key that everybody has. Redacted;
 * thread-safe. The secret stays the caller's to destroy.
 */
public final class RepositoryKey {
    /** Length of a raw key in bytes. */
    public static final int KEY_BYTES = 32;

    /** Shortest passphrase in bytes. */
    public static final int MIN_PASSPHRASE_BYTES = 8;

    private static final DomainTag CHECK_TAG = new DomainTag("hypermesh/repository-recovery/v1");
    private static final DomainTag EVERYBODY_TAG = new DomainTag("hypermesh/repository-everybody/v1");
    private static final int GROUP_DIGITS = 4;
    private static final int GROUPS = KEY_BYTES * 2 / GROUP_DIGITS;

    enum Kind {
        RAW(0),
        PASSPHRASE(1),
        RECOVERY(2),
        PUBLIC(3);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    private final Kind kind;
    private final SecretBytes secret;

    private RepositoryKey(Kind kind, SecretBytes secret) {
        this.kind = kind;
        this.secret = secret;
    }

    /**
     * A key of 32 bytes that nobody can guess.
     *
     * @param key the bytes
     * @return the key
     */
    public static RepositoryKey raw(SecretBytes key) {
        requireLength(key);
        return new RepositoryKey(Kind.RAW, key);
    }

    /**
     * A passphrase, which scrypt (RFC 7914) makes expensive to guess: a try costs 32 MiB and a tenth of a second.
     *
     * @param passphrase at least {@link #MIN_PASSPHRASE_BYTES} bytes of UTF-8
     * @return the key
     */
    public static RepositoryKey passphrase(SecretBytes passphrase) {
        passphrase.use(bytes -> {
            if (bytes.length < MIN_PASSPHRASE_BYTES) {
                throw new IllegalArgumentException(
                        "a passphrase has at least " + MIN_PASSPHRASE_BYTES + " bytes, this one has " + bytes.length);
            }
        });
        return new RepositoryKey(Kind.PASSPHRASE, passphrase);
    }

    /**
     * A recovery key as it was written down.
     *
     * @param text sixteen groups of four hexadecimal digits and one that checks them; case and hyphens do not matter
     * @return the key
     * @throws IllegalArgumentException when a digit is wrong
     */
    public static RepositoryKey recovery(String text) {
        String digits = text.strip().toLowerCase(Locale.ROOT).replace("-", "").replace(" ", "");
        if (!digits.matches("[0-9a-f]{68}")) {
            throw new IllegalArgumentException(
                    "a recovery key has " + (GROUPS + 1) + " groups of four hexadecimal digits");
        }
        byte[] key = HexFormat.of().parseHex(digits.substring(0, KEY_BYTES * 2));
        try {
            if (!check(key).equals(digits.substring(KEY_BYTES * 2))) {
                throw new IllegalArgumentException("a digit of the recovery key is wrong: its last group does not fit");
            }
            return new RepositoryKey(Kind.RECOVERY, SecretBytes.copyOf(key));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /**
     * The key that everybody has, of repositories of the domain PUBLIC.
     *
     * @return the key
     */
    public static RepositoryKey everybody() {
        return new RepositoryKey(
                Kind.PUBLIC,
                SecretBytes.copyOf(Hashing.hash(EVERYBODY_TAG, new byte[0]).toBytes()));
    }

    static RepositoryKey newRecovery(SecureRandom random) {
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        try {
            return new RepositoryKey(Kind.RECOVERY, SecretBytes.copyOf(key));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** A recovery key for writing down. */
    String recoveryText() {
        byte[] key = secret.toBytes();
        try {
            String digits = HexFormat.of().formatHex(key) + check(key);
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < digits.length(); i += GROUP_DIGITS) {
                text.append(i == 0 ? "" : "-").append(digits, i, i + GROUP_DIGITS);
            }
            return text.toString();
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private static String check(byte[] key) {
        Digest digest = Hashing.hash(CHECK_TAG, key);
        return digest.toHex().substring(0, GROUP_DIGITS);
    }

    private static void requireLength(SecretBytes key) {
        key.use(bytes -> {
            if (bytes.length != KEY_BYTES) {
                throw new IllegalArgumentException("a key has " + KEY_BYTES + " bytes, got " + bytes.length);
            }
        });
    }

    Kind kind() {
        return kind;
    }

    /** A copy that the caller wipes. */
    byte[] secret() {
        return secret.toBytes();
    }

    @Override
    public String toString() {
        return "RepositoryKey[" + kind + ", redacted]";
    }
}
