package dev.varve.cli.server;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How much the server logs. */
enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE;

    /** Reads a level in any case. */
    static final class Converter implements ITypeConverter<LogLevel> {
        @Override
        public LogLevel convert(String text) {
            for (LogLevel level : values()) {
                if (level.name().equalsIgnoreCase(text)) {
                    return level;
                }
            }
            throw new TypeConversionException("'" + text + "' is no log level: give error, warn, info, debug or trace");
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
