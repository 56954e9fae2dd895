package dev.varve.cli.server;

import dev.varve.cli.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/**
 * Fills the options that the command line leaves out: {@code --max-value} comes from the environment variable {@code
 * VARVE_MAX_VALUE}, else from the line {@code max-value:} of the configuration file, else it keeps its default.
 */
final class Settings {

    private static final String ENVIRONMENT_PREFIX = "VARVE_";
    private static final String CONFIG = "config";

    private final CommandSpec spec;
    private final ParseResult commandLine;
    private final Map<String, String> environment;

    private Settings(CommandSpec spec, ParseResult commandLine, Map<String, String> environment) {
        this.spec = spec;
        this.commandLine = commandLine;
        this.environment = environment;
    }

    /**
     * Sets the options of a command whose line has been parsed.
     *
     * @throws Usage if the environment or the file holds something wrong; the message names the place
     */
    static void fill(CommandSpec spec, Map<String, String> environment) {
        new Settings(spec, spec.commandLine().getParseResult(), environment).fill();
    }

    private void fill() {
        OptionSpec config = Objects.requireNonNull(spec.findOption("--" + CONFIG));
        if (!commandLine.hasMatchedOption(config)) {
            setFromEnvironment(config);
        }
        Path file = config.getValue();
        Map<String, String> lines = file == null ? Map.of() : read(file);
        for (OptionSpec option : configurable()) {
            String name = name(option);
            if (!commandLine.hasMatchedOption(option) && !setFromEnvironment(option)) {
                String line = lines.get(name);
                if (line != null) {
                    set(option, line, file + ": " + name);
                }
            }
        }
    }

    private boolean setFromEnvironment(OptionSpec option) {
        String variable = ENVIRONMENT_PREFIX + name(option).replace('-', '_').toUpperCase(Locale.ROOT);
        String value = environment.get(variable);
        if (value == null || value.isEmpty()) {
            return false;
        }
        set(option, value, "environment variable " + variable);
        return true;
    }

    private static void set(OptionSpec option, String text, String place) {
        try {
            option.setValue(convert(option, text));
        } catch (Exception e) {
            // The converters' messages are for people; those of the JDK's (numbers, enums) are not.
            String why = e instanceof TypeConversionException ? e.getMessage() : "'" + text + "' is not valid";
            throw new Usage(place + ": " + why + ".");
        }
    }

    private static Object convert(OptionSpec option, String text) throws Exception {
        for (ITypeConverter<?> converter : option.converters()) {
            return Objects.requireNonNull(converter.convert(text));
        }
        Class<?> type = option.type();
        if (type == boolean.class) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new TypeConversionException("'" + text + "' is neither true nor false");
            };
        }
        if (type == int.class) {
            return Integer.valueOf(text);
        }
        if (type == Path.class) {
            return Path.of(text);
        }
        if (type == String.class) {
            return text;
        }
        throw new IllegalStateException("no conversion to " + type);
    }

    /** The options that a file may set: all but those about the command line itself. */
    private List<OptionSpec> configurable() {
        List<OptionSpec> options = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            if (!option.usageHelp() && !option.versionHelp() && !name(option).equals(CONFIG)) {
                options.add(option);
            }
        }
        return options;
    }

    private static String name(OptionSpec option) {
        return option.longestName().substring("--".length());
    }

    private Map<String, String> read(Path file) {
        Object document;
        try {
            LoadSettings settings = LoadSettings.builder()
                    .setAllowDuplicateKeys(false)
                    .setLabel(file.toString())
                    .build();
            document = new Load(settings).loadFromString(Files.readString(file));
        } catch (IOException e) {
            throw new Usage("The configuration file " + file + " cannot be read: " + e);
        } catch (YamlEngineException e) {
            throw new Usage("The configuration file " + file + " is no valid YAML: " + e.getMessage());
        }
        if (document == null) {
            return Map.of();
        }
        if (!(document instanceof Map<?, ?> map)) {
            throw new Usage(file + ": expected lines of the form 'name: value'.");
        }
        Map<String, String> lines = new LinkedHashMap<>();
        map.forEach((key, value) -> lines.put(checked(file, String.valueOf(key)), scalar(file, key, value)));
        return lines;
    }

    private String checked(Path file, String name) {
        List<String> names = configurable().stream().map(Settings::name).toList();
        if (!names.contains(name)) {
            String nearest = names.stream()
                    .min(Comparator.comparingInt(known -> distance(known, name)))
                    .orElseThrow();
            throw new Usage(file + ": there is no option '" + name + "'. Did you mean '" + nearest + "'?");
        }
        return name;
    }

    private static String scalar(Path file, @Nullable Object key, @Nullable Object value) {
        if (value == null || value instanceof Map || value instanceof Iterable) {
            throw new Usage(file + ": " + key + ": expected one value.");
        }
        return value.toString();
    }

    /** How many characters must be inserted, removed or replaced to make one of the other (Levenshtein). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
