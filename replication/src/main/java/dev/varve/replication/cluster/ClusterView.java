package dev.varve.replication.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as one node sees it.
 *
 * @param cluster its name; null for a store that is served alone
 * @param node the name of the node that looks
 * @param leader the name of the one that leads, if known
 * @param term the newest term that the looking node knows; 0 alone
 * @param members all nodes, by name
 */
public record ClusterView(
        @Nullable String cluster, String node, @Nullable String leader, long term, List<MemberView> members) {

    public ClusterView {
        members = List.copyOf(members);
    }

    /**
     * One node.
     *
     * @param name its name
     * @param http the address of its HTTP port, if known
     * @param voter true if it is a member that votes
     * @param reachable true if it has answered lately
     * @param role leader, follower, candidate or failed, as it says itself; unknown if it has never said
     * @param commitIndex the last entry of the log that it knows to be committed
     * @param appliedIndex the last entry that it has applied
     * @param lag how many committed entries it has not applied, as far as the looking node knows
     * @param trouble why it is not reachable, or empty
     */
    public record MemberView(
            String name,
            @Nullable String http,
            boolean voter,
            boolean reachable,
            String role,
            long commitIndex,
            long appliedIndex,
            long lag,
            String trouble) {}
}
