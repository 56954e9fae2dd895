package dev.varve.server;

import java.util.Map;

/**
 * How a server takes part in a cluster, under its {@link ServerOptions#nodeId}.
 *
 * @param raftHost name or address to listen on for the other nodes
 * @param raftPort port to listen on for them
 * @param peers all nodes by name, each with the {@code HOST:PORT} at which it listens for the others; this one may be among them
 * @param bootstrap true to found the cluster, if the directory is empty and none of the peers belongs to one
 * @param logRetentionBytes log that is kept for nodes that were away, roughly; at least 1 MiB
 * @param catchUpBytesPerSecond how fast nodes that need more than that are sent a checkpoint, all together; at least 1 MiB
 * @param rebuild true to give up a store that is damaged so that it cannot be opened, and to join as a new member
 */
public record ClusterSettings(
        String raftHost,
        int raftPort,
        Map<String, Address> peers,
        boolean bootstrap,
        long logRetentionBytes,
        long catchUpBytesPerSecond,
        boolean rebuild) {

    /** Where a node listens. */
    public record Address(String host, int port) {}

    public ClusterSettings {
        peers = Map.copyOf(peers);
        if (logRetentionBytes < 1 << 20) {
            throw new IllegalArgumentException("the log retention (--log-retention-bytes) is " + logRetentionBytes
                    + " bytes, but must be at least 1 MiB");
        }
        if (catchUpBytesPerSecond < 1 << 20) {
            throw new IllegalArgumentException(
                    "--catch-up-bytes-per-second is " + catchUpBytesPerSecond + ", but must be at least 1 MiB");
        }
    }
}
