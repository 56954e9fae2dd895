package dev.varve.storage.checkpoint;

/**
 * Up to where the tables hold what the log says.
 *
 * @param appliedIndex index of the last entry that is wholly in the tables
 * @param appliedTerm its term
 * @param revision the last revision that is wholly in the tables
 * @param timeMicros cluster time of that entry
 * @param segmentId the segment in which the next entry stands
 * @param offset where in that segment; everything before it is on the device
 * @param configuration the Raft configuration as of that entry, in the replication module's encoding
 * @param configurationIndex index of the entry that set the configuration; 0 if none did
 */
public record Checkpoint(
        long appliedIndex,
        long appliedTerm,
        long revision,
        long timeMicros,
        long segmentId,
        int offset,
        byte[] configuration,
        long configurationIndex) {

    /** The same in another place, between which and this one stands nothing. */
    public Checkpoint at(long newSegmentId, int newOffset) {
        return new Checkpoint(
                appliedIndex,
                appliedTerm,
                revision,
                timeMicros,
                newSegmentId,
                newOffset,
                configuration,
                configurationIndex);
    }
}
