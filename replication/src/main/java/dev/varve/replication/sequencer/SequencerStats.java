package dev.varve.replication.sequencer;

/**
 * What a sequencer holds at one moment.
 *
 * @param commandsInFlight commands that are not answered yet
 * @param bytesInFlight bytes of their keys and values
 * @param waitingCommands those of them that are not decided yet: they wait for a cold read, a commit, or a command before
 *     them on one of their keys
 * @param heldKeys keys with a write that is not committed or a command that waits
 * @param coldReads reads that had to go to the disk, since the start
 */
public record SequencerStats(
        int commandsInFlight, long bytesInFlight, int waitingCommands, int heldKeys, long coldReads) {}
