package dev.varve.replication.sequencer;

import dev.varve.storage.Durability;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;

/**
 * The log, as {@code Store::submit} gives it. The {@link WriteSequencer} rests on these promises:
 *
 * <ol>
 *   <li><b>Order.</b> Writes take effect in the order of the calls (the sequencer makes one call at a time). A write commits
 *       only if every write that was accepted before it has committed.
 *   <li><b>Visible.</b> When a callback reports a commit, this write and all before it are visible to
 *       {@link StateReader}.
 *   <li><b>Reported in order.</b> Callbacks of accepted writes come one after the other in the order of the calls. A refused
 *       write (too large, no space, overloaded, closed) is reported within the call and leaves no trace; all others are
 *       <em>accepted</em>.
 *   <li><b>A failure fails everything behind it.</b> When an accepted write fails, every write accepted after it fails too,
 *       and no further one is accepted before the callback of the failure has returned. Otherwise a write that was decided
 *       by the failed one could be committed without it.
 *   <li><b>No lock.</b> Neither the call nor the callbacks block, and no lock is held during a callback of an accepted write
 *       that the call needs.
 * </ol>
 */
@FunctionalInterface
public interface Proposer {

    /** Hands over one write. Called under the lock of the sequencer: must not block or throw. */
    void submit(WriteBatch batch, Durability durability, WriteCallback callback);
}
