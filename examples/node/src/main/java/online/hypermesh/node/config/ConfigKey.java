package online.hypermesh.node.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key of the node's configuration. The same key is a line of the YAML file, a command line flag ({@code --key}) and an
 * environment variable ({@code HYPERMESH_KEY}).
 */
public enum ConfigKey {
    /** What people call the node. */
    NAME("name", "NAME", null, "what people call this node, 1..63 characters of a-z, 0-9 and hyphen"),
    /** The founding document. */
    GENESIS_FILE("genesis-file", "FILE", null, "founding document of the network, canonical CBOR"),
    /** Where the keys are. */
    KEYSTORE_FILE("keystore-file", "FILE", null, "encrypted keys of this node; must lie outside the data directory"),
    /** What opens the keystore. */
    PASSPHRASE_FILE(
            "passphrase-file",
            "FILE",
            "",
            "file whose first line opens the keystore; empty: environment variable HYPERMESH_PASSPHRASE"),
    /** Blocks, votes, packs and the log. */
    DATA_DIRECTORY(
            "data-directory", "DIR", null, "blocks, votes, content and logs of this node; one process at a time"),
    /** The IPv6 address to listen at. */
    LISTEN_ADDRESS("listen-address", "IPV6", "::1", "IPv6 address to listen at"),
    /** The UDP port to listen at. */
    LISTEN_PORT("listen-port", "PORT", "7433", "UDP port to listen at, 0..65535; 0 takes a free one"),
    /** Where the other nodes are. */
    PEERS("peers", "ID@[IPV6]:PORT,...", "", "where other nodes are, at most 1000; in YAML also a list"),
    /** The world outside. */
    TRADITIONAL_DNS(
            "traditional-dns", "[IPV6]:PORT", "off", "traditional DNS server asked before Phase 3, or off; UDP"),
    /** How long another node may take to answer. */
    REQUEST_TIMEOUT("request-timeout", "MILLISECONDS", "10000", "longest wait for another node, 100..600000 ms"),
    /** How much is logged. */
    LOG_LEVEL("log-level", "LEVEL", "info", "least severe level that is logged: error, warning, info or debug"),
    /** Where the log goes. */
    LOG_FILE(
            "log-file",
            "FILE",
            "",
            "log of this node, three files of at most 10 MB; empty: node.log in data-directory");

    private final String key;
    private final String label;
    private final String defaultValue;
    private final boolean required;
    private final String description;

    ConfigKey(String key, String label, @Nullable String defaultValue, String description) {
        this.key = key;
        this.label = label;
        this.required = defaultValue == null;
        this.defaultValue = defaultValue == null ? "" : defaultValue;
        this.description = description;
    }

    /**
     * The key as written in the file.
     *
     * @return for example {@code listen-port}
     */
    public String key() {
        return key;
    }

    /**
     * The flag.
     *
     * @return for example {@code --listen-port}
     */
    public String flag() {
        return "--" + key;
    }

    /**
     * The environment variable.
     *
     * @return for example {@code HYPERMESH_LISTEN_PORT}
     */
    public String variable() {
        return "HYPERMESH_" + name();
    }

    /**
     * What the value looks like.
     *
     * @return a label, with the unit where there is one
     */
    public String label() {
        return label;
    }

    /**
     * The value when nothing is given.
     *
     * @return the default; empty for a key that must be given
     */
    public Optional<String> defaultValue() {
        return required ? Optional.empty() : Optional.of(defaultValue);
    }

    /**
     * What the key means.
     *
     * @return one line with range and unit
     */
    public String description() {
        return description;
    }

    /**
     * The key with a name.
     *
     * @param key as written in the file
     * @return the key, if there is one
     */
    public static Optional<ConfigKey> of(String key) {
        for (ConfigKey k : values()) {
            if (k.key.equals(key)) {
                return Optional.of(k);
            }
        }
        return Optional.empty();
    }

    /**
     * The key whose name is nearest to a misspelt one, by edit distance.
     *
     * @param misspelt what was written
     * @return the nearest key; the first one among equals
     */
    public static ConfigKey nearest(String misspelt) {
        ConfigKey best = NAME;
        int least = Integer.MAX_VALUE;
        for (ConfigKey k : values()) {
            int distance = distance(misspelt.replace('_', '-').toLowerCase(java.util.Locale.ROOT), k.key);
            if (distance < least) {
                least = distance;
                best = k;
            }
        }
        return best;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j] + 1, row[j - 1] + 1));
            }
        }
        return row[b.length()];
    }
}
