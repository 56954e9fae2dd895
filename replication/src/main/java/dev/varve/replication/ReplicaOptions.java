package dev.varve.replication;

import dev.varve.replication.transport.TransportIdentity;
import java.util.List;

/**
 * How a member of a group is started.
 *
 * @param identity cluster and name of the node
 * @param members the names of all who vote, this one included; counts only while the log is empty, afterwards what stands
 *     in the log
 * @param electionMillis how long a follower waits for its leader before it stands for election, 50 to 60,000. Shorter
 *     means a shorter gap after a leader's death, and more false alarms when a machine or a disk stalls. 500
 * @param electionSpreadMillis up to so much is added at random, so that not all stand at once. 100
 * @param checkpointSeconds how often the log is truncated behind a checkpoint; 0 is never. 3,600
 * @param logMemoryBytes entries held in memory because they are not applied or on disk yet; beyond it proposals and
 *     appends are refused for a while. 64 MiB
 */
public record ReplicaOptions(
        TransportIdentity identity,
        List<String> members,
        int electionMillis,
        int electionSpreadMillis,
        int checkpointSeconds,
        long logMemoryBytes) {

    public ReplicaOptions {
        members = List.copyOf(members);
        if (!members.contains(identity.node())) {
            throw new IllegalArgumentException("node '" + identity.node() + "' is not among the members " + members);
        }
        if (electionMillis < 50 || electionMillis > 60_000) {
            throw new IllegalArgumentException(
                    "electionMillis is " + electionMillis + ", but must lie between 50 and 60000");
        }
        if (electionSpreadMillis < 1 || checkpointSeconds < 0 || logMemoryBytes < 1 << 20) {
            throw new IllegalArgumentException("electionSpreadMillis must be at least 1, checkpointSeconds at least 0,"
                    + " logMemoryBytes at least 1 MiB");
        }
    }

    /** The defaults, as the parameters state them. */
    public static ReplicaOptions of(TransportIdentity identity, List<String> members) {
        return new ReplicaOptions(identity, members, 500, 100, 3600, 64L << 20);
    }
}
