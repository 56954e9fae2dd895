package dev.varve.replication;

import dev.varve.replication.transport.TransportIdentity;
import java.util.List;

/**
 * How a member of a group is started.
 *
 * @param identity cluster and name of the node
 * @param founders the ids of all members with whom the group begins, if it begins with several at once; counts only while
 *     the log is empty, afterwards what stands in the log
 * @param electionMillis how long a follower waits for its leader before it stands for election, 50 to 60,000. Shorter
 *     means a shorter gap after a leader's death, and more false alarms when a machine or a disk stalls. 500
 * @param electionSpreadMillis up to so much is added at random, so that not all stand at once. 100
 * @param logRetentionBytes how much of the log is kept, roughly, for followers that were away and for new ones; those that need
 *     more get a checkpoint. Counts as space, and is looked through at the start. 0 keeps all. 1 GiB
 * @param logMemoryBytes entries held in memory because they are not applied or on disk yet; beyond it proposals and
 *     appends are refused for a while. 64 MiB
 */
public record ReplicaOptions(
        TransportIdentity identity,
        List<String> founders,
        int electionMillis,
        int electionSpreadMillis,
        long logRetentionBytes,
        long logMemoryBytes) {

    public ReplicaOptions {
        founders = List.copyOf(founders);
        if (electionMillis < 50 || electionMillis > 60_000) {
            throw new IllegalArgumentException(
                    "electionMillis is " + electionMillis + ", but must lie between 50 and 60000");
        }
        if (electionSpreadMillis < 1 || logRetentionBytes < 0 || logMemoryBytes < 1 << 20) {
            throw new IllegalArgumentException("electionSpreadMillis must be at least 1, logRetentionBytes at least 0,"
                    + " logMemoryBytes at least 1 MiB");
        }
    }

    /** The defaults, as the parameters state them. */
    public static ReplicaOptions of(TransportIdentity identity, List<String> founders) {
        return new ReplicaOptions(identity, founders, 500, 100, 1L << 30, 64L << 20);
    }
}
