package dev.varve.storage.state;

/**
 * How far the log has been applied.
 *
 * @param index index of the last entry
 * @param term its term
 * @param revision the last revision
 * @param timeMicros cluster time of that entry
 * @param position {@link dev.varve.storage.log.LogPosition} from which the log must be replayed to go on
 * @param configuration the last Raft configuration, in the replication module's encoding
 * @param configurationIndex index of its entry
 */
record Applied(
        long index,
        long term,
        long revision,
        long timeMicros,
        long position,
        byte[] configuration,
        long configurationIndex) {}
