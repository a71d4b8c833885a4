package online.hypermesh.node.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.node.config.ConfigKey;
import online.hypermesh.node.config.EffectiveConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code config}: what a node would run with. */
@Command(
        name = "config",
        description = "Look at the configuration of a node.",
        mixinStandardHelpOptions = true,
        subcommands = ConfigCommand.Print.class)
final class ConfigCommand extends GroupCommand {
    /** {@code config print}. */
    @Command(
            name = "print",
            description = {
                "Print configuration keys.",
                "Without --effective: every key with its default and meaning. With it: the values a node would run with and"
                        + " where each came from; a flag wins over an environment variable, that over the file, that over"
                        + " the default."
            },
            mixinStandardHelpOptions = true)
    static final class Print implements Runnable {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private ConfigOptions options = new ConfigOptions();

        @Option(names = "--effective", description = "Print the values in effect and where they came from; check them.")
        private boolean effective;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Override
        public void run() {
            Map<String, Object> rows = new LinkedHashMap<>();
            EffectiveConfig config = options.load(spec);
            for (ConfigKey key : ConfigKey.values()) {
                rows.put(key.key(), effective ? inEffect(config, key) : described(key));
            }
            if (json) {
                Output.json(spec.commandLine().getOut(), rows);
            } else {
                rows.forEach((key, row) -> print(key, (Map<?, ?>) row));
            }
            if (effective) {
                config.toNodeConfig();
            }
        }

        private static Map<String, Object> inEffect(EffectiveConfig config, ConfigKey key) {
            EffectiveConfig.Setting setting = config.settings().get(key);
            return setting == null
                    ? Map.of("value", "", "origin", "not set")
                    : ordered("value", setting.value(), "origin", setting.origin());
        }

        private static Map<String, Object> described(ConfigKey key) {
            return ordered("default", key.defaultValue().orElse("(must be set)"), "meaning", key.description());
        }

        private static Map<String, Object> ordered(String k1, String v1, String k2, String v2) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put(k1, v1);
            map.put(k2, v2);
            return map;
        }

        private void print(String key, Map<?, ?> row) {
            Object[] cells = row.values().toArray();
            Object[] parts = effective && row.containsKey("origin") && row.size() == 2
                    ? new Object[] {key, row.get("value"), row.get("origin")}
                    : new Object[] {key, cells[0], cells[1]};
            spec.commandLine().getOut().printf("%-16s %-40s # %s%n", parts);
        }
    }
}
