package online.hypermesh.node.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.node.config.ConfigKey;
import online.hypermesh.node.config.EffectiveConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** One flag per configuration key, and the file. */
final class ConfigOptions {
    private final Map<String, String> flags = new HashMap<>();

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file with configuration keys.")
    private @Nullable Path file;

    /** Adds the flags when picocli makes the command. */
    @Spec(Target.MIXEE)
    void mixee(CommandSpec mixee) {
        for (ConfigKey key : ConfigKey.values()) {
            String fallback = key.defaultValue()
                    .map(v -> v.isEmpty() ? "" : " Default: " + v)
                    .orElse(" Must be set.");
            if (mixee.findOption(key.flag()) == null) {
                mixee.addOption(OptionSpec.builder(key.flag())
                        .type(String.class)
                        .paramLabel(key.label())
                        .showDefaultValue(picocli.CommandLine.Help.Visibility.NEVER)
                        .description(key.description() + "." + fallback)
                        .build());
            }
        }
    }

    EffectiveConfig load(CommandSpec spec) {
        for (ConfigKey key : ConfigKey.values()) {
            OptionSpec option = spec.findOption(key.flag());
            String value = option == null ? null : option.getValue();
            if (value != null) {
                flags.put(key.key(), value);
            }
        }
        return EffectiveConfig.load(flags, System.getenv(), Optional.ofNullable(file));
    }
}
