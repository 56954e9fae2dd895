package dev.varve.replication.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the replicas hold as of one revision, in short: two that hold the same have the same digest.
 *
 * @param revision the revision
 * @param nodes the digest of each
 * @param differences where one differs from the node that compares; a few of them
 */
public record ReplicaDigests(long revision, List<NodeDigest> nodes, List<Difference> differences) {

    public ReplicaDigests {
        nodes = List.copyOf(nodes);
        differences = List.copyOf(differences);
    }

    /** True if all were read and hold the same. */
    public boolean equal() {
        return differences.isEmpty()
                && nodes.stream().allMatch(node -> node.trouble() == null)
                && nodes.stream().map(NodeDigest::digest).distinct().count() <= 1;
    }

    /**
     * What one node holds.
     *
     * @param entries how many keys, those of the system among them
     * @param digest of key, revision and checksum of each, whatever their order
     * @param trouble why it was not read to its end; null if it was
     */
    public record NodeDigest(
            String node,
            long entries,
            long digest,
            @Nullable String trouble) {}

    /**
     * Keys of which a node holds something else.
     *
     * @param start the first index key: a keyspace, 0 for users, and a key
     * @param end the first one beyond
     */
    public record Difference(String node, byte[] start, byte[] end) {}
}
