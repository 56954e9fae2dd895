package dev.varve.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes in bytes as people write them: {@code 4096}, {@code 64KiB}, {@code 8m}, {@code 1G}; units are powers of 1024. */
public final class Sizes implements ITypeConverter<Long> {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,12})([kmgt]?)(i?b)?", Pattern.CASE_INSENSITIVE);
    private static final String UNITS = "kmgt";
    private static final String[] NAMES = {"B", "KiB", "MiB", "GiB", "TiB"};

    @Override
    public Long convert(String text) {
        Matcher matcher = FORM.matcher(text);
        if (matcher.matches()) {
            int power = UNITS.indexOf(matcher.group(2).toLowerCase(Locale.ROOT)) + 1;
            int shift = matcher.group(2).isEmpty() ? 0 : 10 * power;
            long number = Long.parseLong(matcher.group(1));
            if (number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        }
        throw new TypeConversionException(
                "'" + text + "' is no size: give a number of bytes, or one with KiB, MiB, GiB");
    }

    /** A size for people, with three digits or so. */
    public static String show(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < NAMES.length - 1) {
            size /= 1024;
            unit++;
        }
        return unit == 0 || size >= 100
                ? "%.0f %s".formatted(size, NAMES[unit])
                : String.format(Locale.ROOT, "%.1f %s", size, NAMES[unit]);
    }
}
