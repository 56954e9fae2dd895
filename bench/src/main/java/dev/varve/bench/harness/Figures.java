package dev.varve.bench.harness;

import dev.varve.cli.Failure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a process that was started tells of its measurements, in a line of its output:
 * {@code FIGURES fill-100 perSecond=12.5 ...}.
 *
 * @param subject what was measured
 * @param values by name
 */
public record Figures(String subject, Map<String, Double> values) {

    private static final String MARK = "FIGURES ";

    /** The line. */
    public String line() {
        return MARK
                + subject
                + values.entrySet().stream()
                        .map(entry -> " " + entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining());
    }

    /** Reads the lines that are such; what else a library prints is passed over. */
    public static List<Figures> parse(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith(MARK))
                .map(Figures::parse)
                .toList();
    }

    private static Figures parse(String line) {
        String[] words = line.substring(MARK.length()).split(" ", -1);
        Map<String, Double> values = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i++) {
            int sign = words[i].indexOf('=');
            try {
                values.put(words[i].substring(0, sign), Double.valueOf(words[i].substring(sign + 1)));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new Failure("A process told what is no figure: " + line, e);
            }
        }
        return new Figures(words[0], values);
    }
}
