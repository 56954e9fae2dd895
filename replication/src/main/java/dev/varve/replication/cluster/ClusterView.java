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
 * @param catchUp what the node that looks has to do with checkpoints that go from one node to another
 */
public record ClusterView(
        @Nullable String cluster,
        String node,
        @Nullable String leader,
        long term,
        List<MemberView> members,
        CatchUp catchUp) {

    public ClusterView {
        members = List.copyOf(members);
    }

    /**
     * What goes over the network to bring nodes up to date that need more than the log has.
     *
     * @param running true while this node fetches a checkpoint
     * @param fetchedBytes bytes that it has fetched
     * @param sentBytes bytes that it has sent
     */
    public record CatchUp(boolean running, long fetchedBytes, long sentBytes) {

        /** There is nothing to be fetched or sent. */
        public static final CatchUp NONE = new CatchUp(false, 0, 0);
    }

    /**
     * One node.
     *
     * @param name its name
     * @param http the address of its HTTP port, if known
     * @param voter true if it is a member that votes
     * @param learner true if it is a member that does not vote
     * @param reachable true if it has answered lately
     * @param role leader, follower, candidate or failed, as it says itself; unknown if it has never said
     * @param commitIndex the last entry of the log that it knows to be committed
     * @param appliedIndex the last entry that it has applied
     * @param lag how many committed entries it has not applied, as far as the looking node knows
     * @param trouble why it is not reachable, or what keeps it from taking its full part, in words; or empty
     */
    public record MemberView(
            String name,
            @Nullable String http,
            boolean voter,
            boolean learner,
            boolean reachable,
            String role,
            long commitIndex,
            long appliedIndex,
            long lag,
            String trouble) {}
}
