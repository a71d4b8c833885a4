package online.hypermesh.node.config;

import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.config.EffectiveConfig.Setting;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.base.id.NodeId;

/** Turns text into checked values; every error names key, value, origin and what is accepted. */
final class NodeConfigReader {
    private final EffectiveConfig config;

    private NodeConfigReader(EffectiveConfig config) {
        this.config = config;
    }

    static NodeConfig read(EffectiveConfig config) {
        NodeConfigReader reader = new NodeConfigReader(config);
        NodeConfig.Builder builder = NodeConfig.builder()
                .name(reader.value(ConfigKey.NAME, text -> text))
                .genesisFile(reader.path(ConfigKey.GENESIS_FILE))
                .keystoreFile(reader.path(ConfigKey.KEYSTORE_FILE))
                .passphrase(reader.passphrase())
                .dataDirectory(reader.path(ConfigKey.DATA_DIRECTORY))
                .listen(new InetSocketAddress(
                        reader.value(ConfigKey.LISTEN_ADDRESS, NodeConfigReader::ipv6),
                        reader.value(ConfigKey.LISTEN_PORT, text -> integer(text, 0, 65_535))))
                .peers(reader.value(ConfigKey.PEERS, NodeConfigReader::peers))
                .requestTimeout(
                        Duration.ofMillis(reader.value(ConfigKey.REQUEST_TIMEOUT, text -> integer(text, 100, 600_000))))
                .logLevel(reader.value(ConfigKey.LOG_LEVEL, NodeConfigReader::level));
        if (!reader.value(ConfigKey.LOG_FILE, text -> text).isEmpty()) {
            builder.logFile(reader.path(ConfigKey.LOG_FILE));
        }
        reader.value(ConfigKey.TRADITIONAL_DNS, NodeConfigReader::dnsServer).ifPresent(builder::traditionalDns);
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw EffectiveConfig.error(e.getMessage() + ". Check it with: hypermesh config print --effective");
        }
    }

    /**
     * Parses {@code [IPV6]:PORT}.
     *
     * @throws IllegalArgumentException for anything else
     */
    static InetSocketAddress socketAddress(String text) {
        int end = text.indexOf("]:");
        if (!text.startsWith("[") || end < 0) {
            throw new IllegalArgumentException("expected [IPV6]:PORT");
        }
        return new InetSocketAddress(ipv6(text.substring(1, end)), integer(text.substring(end + 2), 1, 65_535));
    }

    private static Optional<InetSocketAddress> dnsServer(String text) {
        return text.equals("off") ? Optional.empty() : Optional.of(socketAddress(text));
    }

    private static List<Endpoint> peers(String text) {
        List<Endpoint> peers = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            String peer = item.strip();
            if (peer.isEmpty()) {
                continue;
            }
            int at = peer.indexOf('@');
            if (at != 64) {
                throw new IllegalArgumentException(
                        "\"" + peer + "\" is not ID@[IPV6]:PORT with 64 hexadecimal digits before the @");
            }
            peers.add(new Endpoint(socketAddress(peer.substring(at + 1)), NodeId.fromHex(peer.substring(0, at))));
        }
        return peers;
    }

    private static Inet6Address ipv6(String text) {
        if (!text.matches("[0-9a-fA-F:.%a-zA-Z]+") || text.indexOf(':') < 0) {
            throw new IllegalArgumentException("expected a literal IPv6 address such as ::1");
        }
        try {
            if (InetAddress.getByName(text) instanceof Inet6Address address) {
                return address;
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("expected a literal IPv6 address such as ::1", e);
        }
        throw new IllegalArgumentException("expected IPv6; HyperMesh does not use IPv4");
    }

    private static int integer(String text, int min, int max) {
        try {
            int value = Integer.parseInt(text.strip());
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("expected an integer in " + min + ".." + max, e);
        }
        throw new IllegalArgumentException("expected an integer in " + min + ".." + max);
    }

    private static Level level(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "error" -> Level.ERROR;
            case "warning" -> Level.WARNING;
            case "info" -> Level.INFO;
            case "debug" -> Level.DEBUG;
            default -> throw new IllegalArgumentException("expected error, warning, info or debug");
        };
    }

    private PassphraseSource passphrase() {
        return value(ConfigKey.PASSPHRASE_FILE, text -> text).isEmpty()
                ? PassphraseSource.environment()
                : new PassphraseSource.InFile(path(ConfigKey.PASSPHRASE_FILE));
    }

    private Path path(ConfigKey key) {
        boolean fromFile = setting(key).fromFile();
        return value(key, text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("expected a path");
            }
            Path path = Path.of(text);
            return (fromFile ? config.base().resolve(path) : path.toAbsolutePath()).normalize();
        });
    }

    private Setting setting(ConfigKey key) {
        Setting setting = config.settings().get(key);
        if (setting == null) {
            throw EffectiveConfig.error(key.key() + " is not set. Give it in the configuration file, as " + key.flag()
                    + " or as " + key.variable() + ": " + key.description());
        }
        return setting;
    }

    private <T> T value(ConfigKey key, Function<String, T> parse) {
        Setting setting = setting(key);
        try {
            return parse.apply(setting.value());
        } catch (IllegalArgumentException e) {
            throw bad(key, setting, e);
        }
    }

    private static HypermeshException bad(ConfigKey key, Setting setting, RuntimeException e) {
        return EffectiveConfig.error(key.key() + " is \"" + setting.value() + "\" (" + setting.origin() + "): "
                + e.getMessage() + ". It means: " + key.description());
    }
}
