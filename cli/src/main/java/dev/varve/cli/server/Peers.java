package dev.varve.cli.server;

import dev.varve.server.ClusterSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The nodes of a cluster, as {@code --peers} has them.
 *
 * @param addresses where each listens for the others, by its name
 */
record Peers(Map<String, ClusterSettings.Address> addresses) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Reads {@code a=host:port,b=host:port,...}. */
    static final class Converter implements ITypeConverter<Peers> {
        @Override
        public Peers convert(String text) {
            Map<String, ClusterSettings.Address> addresses = new LinkedHashMap<>();
            for (String peer : text.split(",", -1)) {
                int equals = peer.indexOf('=');
                String name = peer.substring(0, Math.max(equals, 0));
                if (!NAME.matcher(name).matches()) {
                    throw new TypeConversionException(
                            "'" + peer + "' is no peer: give ID=HOST:PORT, several between commas");
                }
                HostPort address = new HostPort.Converter().convert(peer.substring(equals + 1));
                ClusterSettings.Address socket = new ClusterSettings.Address(address.host(), address.port());
                if (addresses.put(name, socket) != null) {
                    throw new TypeConversionException("the node '" + name + "' is named twice");
                }
            }
            return new Peers(addresses);
        }
    }
}
