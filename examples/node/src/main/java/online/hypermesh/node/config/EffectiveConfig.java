package online.hypermesh.node.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The value of every configuration key and where it came from. A flag wins over an environment variable, that over the
 * file, that over the default. Immutable.
 *
 * @param settings the keys that have a value, in the order of {@link ConfigKey}
 * @param base directory against which relative paths of the file are resolved
 */
public record EffectiveConfig(Map<ConfigKey, Setting> settings, Path base) {
    private static final long MAX_FILE_BYTES = 1024 * 1024;

    /**
     * A value and its origin.
     *
     * @param value as written
     * @param origin for people, for example {@code flag --listen-port}
     * @param fromFile whether it came from the file, so that relative paths start there
     */
    public record Setting(String value, String origin, boolean fromFile) {}

    /**
     * Copies the settings.
     *
     * @param settings the keys that have a value
     * @param base directory for relative paths
     */
    public EffectiveConfig {
        EnumMap<ConfigKey, Setting> copy = new EnumMap<>(ConfigKey.class);
        copy.putAll(settings);
        settings = Collections.unmodifiableMap(copy);
    }

    /**
     * Gathers the values.
     *
     * @param flags by key name, without dashes
     * @param environment the process's environment
     * @param file the YAML file, if one is given
     * @return the values
     * @throws HypermeshException CONFIGURATION when the file cannot be read, is not YAML or has an unknown key
     */
    public static EffectiveConfig load(
            Map<String, String> flags, Map<String, String> environment, Optional<Path> file) {
        EnumMap<ConfigKey, Setting> settings = new EnumMap<>(ConfigKey.class);
        for (ConfigKey key : ConfigKey.values()) {
            key.defaultValue().ifPresent(v -> settings.put(key, new Setting(v, "default", false)));
        }
        file.ifPresent(f -> readFile(f, settings));
        for (ConfigKey key : ConfigKey.values()) {
            String value = environment.get(key.variable());
            if (value != null) {
                settings.put(key, new Setting(value, "environment " + key.variable(), false));
            }
        }
        for (Map.Entry<String, String> flag : flags.entrySet()) {
            ConfigKey key = ConfigKey.of(flag.getKey()).orElseThrow(() -> unknown("flag", flag.getKey()));
            settings.put(key, new Setting(flag.getValue(), "flag " + key.flag(), false));
        }
        Path here = Path.of("").toAbsolutePath();
        Path base = file.map(f -> f.toAbsolutePath().getParent()).orElse(here);
        return new EffectiveConfig(settings, base == null ? here : base);
    }

    private static void readFile(Path file, Map<ConfigKey, Setting> settings) {
        JsonNode root = parse(file);
        if (root.isMissingNode() || root.isNull()) {
            return;
        }
        if (!root.isObject()) {
            throw error("configuration file " + file + " must be a list of \"key: value\" lines, found "
                    + root.getNodeType());
        }
        root.fields().forEachRemaining(field -> {
            ConfigKey key = ConfigKey.of(field.getKey()).orElseThrow(() -> unknown("key in " + file, field.getKey()));
            settings.put(key, new Setting(scalar(file, key, field.getValue()), "file " + file, true));
        });
    }

    private static JsonNode parse(Path file) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw error(
                        "configuration file " + file + " has " + Files.size(file) + " bytes, limit " + MAX_FILE_BYTES);
            }
            ObjectMapper yaml = new ObjectMapper(YAMLFactory.builder()
                    .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build());
            try (JsonParser parser = yaml.getFactory().createParser(Files.readAllBytes(file))) {
                JsonNode root = yaml.readTree(parser);
                return root == null ? yaml.missingNode() : root;
            }
        } catch (JsonProcessingException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "configuration file " + file + " is not valid YAML: " + e.getOriginalMessage()
                            + (e.getLocation() == null
                                    ? ""
                                    : " (line " + e.getLocation().getLineNr() + ")"),
                    e);
        } catch (NoSuchFileException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "configuration file " + file + " does not exist. Name another one with --config",
                    e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "configuration file " + file + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private static String scalar(Path file, ConfigKey key, JsonNode value) {
        if (value.isArray() && key == ConfigKey.PEERS) {
            List<String> items = new ArrayList<>();
            value.forEach(item -> items.add(scalar(file, key, item)));
            return String.join(",", items);
        }
        if (!value.isValueNode() || value.isNull()) {
            throw error("key " + key.key() + " in " + file + " must be a single value (" + key.label() + "), found "
                    + value.getNodeType());
        }
        // YAML 1.1 reads a bare "off" as a boolean; people mean the word
        return value.isBoolean() && key == ConfigKey.TRADITIONAL_DNS && !value.booleanValue() ? "off" : value.asText();
    }

    private static HypermeshException unknown(String what, String name) {
        return error("unknown " + what + ": \"" + name + "\". Did you mean \""
                + ConfigKey.nearest(name).key() + "\"? All keys: hypermesh config print --effective");
    }

    static HypermeshException error(String message) {
        return new HypermeshException(Code.CONFIGURATION, Retry.NEVER, message);
    }

    /**
     * Checks every value.
     *
     * @return the configuration
     * @throws HypermeshException CONFIGURATION naming key, value, origin and limit
     */
    public NodeConfig toNodeConfig() {
        return NodeConfigReader.read(this);
    }
}
