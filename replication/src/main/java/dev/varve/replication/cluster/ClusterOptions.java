package dev.varve.replication.cluster;

import java.net.InetSocketAddress;
import java.util.Map;

/**
 * How a node takes part in a cluster.
 *
 * @param node its name: letters, digits, dots, hyphens and underscores, at most 64
 * @param listen where it listens for other nodes
 * @param peers all nodes of the cluster by name, with the addresses at which they listen, not resolved; this one may be among them
 * @param bootstrap true to found the cluster, if the directory is empty and none of the peers belongs to one
 * @param electionMillis see {@link dev.varve.replication.ReplicaOptions}
 * @param logRetentionBytes see there
 */
public record ClusterOptions(
        String node,
        InetSocketAddress listen,
        Map<String, InetSocketAddress> peers,
        boolean bootstrap,
        int electionMillis,
        long logRetentionBytes) {

    /** How long a follower waits for its leader before it stands for election, unless told otherwise. */
    public static final int ELECTION_MILLIS_DEFAULT = 500;

    public ClusterOptions {
        peers = Map.copyOf(peers);
    }

    /** The address that other nodes are told: the one among the peers, or the one to listen on if that is a certain one; else empty. */
    String told() {
        InetSocketAddress address = peers.getOrDefault(node, listen);
        boolean certain = address.isUnresolved() || !address.getAddress().isAnyLocalAddress();
        return certain ? address.getHostString() + ":" + address.getPort() : "";
    }
}
