package dev.varve.replication.transport;

import java.util.regex.Pattern;

/**
 * Who a node is. Nodes of different clusters refuse each other's connections, and a node refuses calls meant for another
 * one, so that a wrong address does no harm.
 *
 * @param cluster name of the cluster
 * @param node name of the node
 */
public record TransportIdentity(String cluster, String node) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    public TransportIdentity {
        check("cluster", cluster);
        check("node", node);
    }

    private static void check(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("the name of a " + what + " is 1 to 64 letters, digits, dots, hyphens"
                    + " and underscores, not '" + name + "'");
        }
    }
}
