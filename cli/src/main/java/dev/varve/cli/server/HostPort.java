package dev.varve.cli.server;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An address to listen on.
 *
 * @param host a name or an address, IPv6 without its brackets
 * @param port 0 (any free one) to 65,535
 */
record HostPort(String host, int port) {

    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9A-Fa-f:.%]+)]|([^:\\[\\]\\s]+)):([0-9]{1,5})");
    private static final int PORT_MAX = 65_535;

    /** Reads {@code HOST:PORT}; an IPv6 address stands in brackets. */
    static final class Converter implements ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (matcher.matches() && Integer.parseInt(matcher.group(3)) <= PORT_MAX) {
                String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
                return new HostPort(host, Integer.parseInt(matcher.group(3)));
            }
            throw new TypeConversionException("'" + text + "' is no address: give HOST:PORT, such as 127.0.0.1:8080");
        }
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
