package dev.varve.replication.sequencer;

import dev.varve.storage.StoreException;

/**
 * Told how a command ended: exactly one of the methods is called, once. It is called without any lock of the sequencer, on
 * the thread that commits, on one that reads, or within a call of {@link WriteSequencer#submit} (of this command or of
 * another one), so it must be quick and must not block or throw.
 */
public interface CommandCallback {

    /**
     * All conditions held, and the effects are as durable as was asked and visible to reads.
     *
     * @param revision the revision of the write
     */
    void committed(long revision);

    /**
     * A condition did not hold; nothing was written. What the answer says of the key is committed.
     *
     * @param failed the first condition that did not hold
     * @param currentRevision the revision of its key, 0 if there is no such key
     */
    void conditionFailed(Condition failed, long currentRevision);

    /**
     * The command could not be decided or its effects could not be written. Whether they may nevertheless be found later
     * says {@link StoreException#outcomeUnknown}.
     */
    void failed(StoreException failure);
}
