package dev.varve.server;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a server takes part in a cluster, under its {@link ServerOptions#nodeId}.
 *
 * @param raftHost name or address to listen on for the other nodes
 * @param raftPort port to listen on for them
 * @param peers all nodes by name, each with the {@code HOST:PORT} at which it listens for the others; this one may be among them
 * @param bootstrap true to found the cluster, if the directory is empty and none of the peers belongs to one
 * @param credentials by what the nodes prove to each other who they are
 * @param logRetentionBytes log that is kept for nodes that were away, roughly; at least 1 MiB
 * @param catchUpBytesPerSecond how fast nodes that need more than that are sent a checkpoint, all together; at least 1 MiB
 * @param rebuild true to give up a store that is damaged so that it cannot be opened, and to join as a new member
 */
public record ClusterSettings(
        String raftHost,
        int raftPort,
        Map<String, Address> peers,
        boolean bootstrap,
        Credentials credentials,
        long logRetentionBytes,
        long catchUpBytesPerSecond,
        boolean rebuild) {

    /** Where a node listens. */
    public record Address(String host, int port) {}

    /**
     * What a node shows to the others, and demands of them. Each is demanded of every node that has it.
     *
     * @param secret that all nodes share, 16 characters or more; null for none
     * @param tls for TLS between the nodes; null for none
     */
    public record Credentials(
            @Nullable String secret, @Nullable Tls tls) {

        /** Nothing: for networks that nobody else can reach. */
        public static final Credentials NONE = new Credentials(null, null);

        @Override
        public String toString() {
            return "Credentials[" + (secret == null ? "no secret" : "a secret") + ", " + (tls == null ? "plain" : "TLS")
                    + "]";
        }
    }

    /**
     * All in PEM.
     *
     * @param certificate of the node, whose name must be in it
     * @param key of the node, PKCS#8 without a password
     * @param authority who must have signed the certificates of all nodes
     */
    public record Tls(String certificate, String key, String authority) {

        @Override
        public String toString() {
            return "Tls[" + certificate + "]"; // The key is a secret.
        }
    }

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
