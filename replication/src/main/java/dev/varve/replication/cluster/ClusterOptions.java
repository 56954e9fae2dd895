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
 * @param credentials by what nodes prove who they are
 * @param electionMillis see {@link dev.varve.replication.ReplicaOptions}
 * @param logRetentionBytes see there
 * @param catchUpBytesPerSecond how fast a checkpoint is sent to members that need more than the log has, all of them together; at
 *     least 1 MiB. More brings them up to date sooner, and leaves less of disk and network to others
 * @param rebuild true to give the store up if it is damaged so that it cannot be opened, and to join as a new member with nothing
 */
public record ClusterOptions(
        String node,
        InetSocketAddress listen,
        Map<String, InetSocketAddress> peers,
        boolean bootstrap,
        NodeCredentials credentials,
        int electionMillis,
        long logRetentionBytes,
        long catchUpBytesPerSecond,
        boolean rebuild) {

    /** How long a follower waits for its leader before it stands for election, unless told otherwise. */
    public static final int ELECTION_MILLIS_DEFAULT = 500;

    /** How fast a checkpoint is sent, unless told otherwise. */
    public static final long CATCH_UP_BYTES_PER_SECOND_DEFAULT = 32 << 20;

    public ClusterOptions {
        if (catchUpBytesPerSecond < 1 << 20) {
            throw new IllegalArgumentException(
                    "catchUpBytesPerSecond is " + catchUpBytesPerSecond + ", but must be at least " + (1 << 20));
        }
        peers = Map.copyOf(peers);
    }

    /** The same for a node that never founds a cluster. */
    ClusterOptions joining() {
        return new ClusterOptions(
                node,
                listen,
                peers,
                false,
                credentials,
                electionMillis,
                logRetentionBytes,
                catchUpBytesPerSecond,
                rebuild);
    }

    /** The address that other nodes are told: the one among the peers, or the one to listen on if that is a certain one; else empty. */
    String told() {
        InetSocketAddress address = peers.getOrDefault(node, listen);
        boolean certain = address.isUnresolved() || !address.getAddress().isAnyLocalAddress();
        return certain ? address.getHostString() + ":" + address.getPort() : "";
    }
}
