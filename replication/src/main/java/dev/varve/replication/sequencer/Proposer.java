package dev.varve.replication.sequencer;

import dev.varve.storage.Durability;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import org.jspecify.annotations.Nullable;

/**
 * The log, as {@code Store::prepare} gives it. The {@link WriteSequencer} rests on these promises:
 *
 * <ol>
 *   <li><b>Order.</b> Writes take effect in the order in which they are submitted (the sequencer submits one at a time). A
 *       write commits only if every write that was accepted before it has committed.
 *   <li><b>Visible.</b> When a callback reports a commit, this write and all before it are visible to
 *       {@link StateReader}.
 *   <li><b>Reported in order.</b> Callbacks of accepted writes come one after the other in that order. A refused write (no
 *       space, overloaded, closed) is reported within {@link PreparedWrite#submit} and leaves no trace; all others are
 *       <em>accepted</em>.
 *   <li><b>A failure fails everything behind it.</b> When an accepted write fails, every write accepted after it fails too,
 *       and no further one is accepted before the callback of the failure has returned. Otherwise a write that was decided
 *       by the failed one could be committed without it.
 *   <li><b>No lock.</b> Neither submitting nor the callbacks block, and no lock is held during a callback of an accepted
 *       write that submitting needs.
 * </ol>
 */
@FunctionalInterface
public interface Proposer {

    /**
     * Checks and encodes one write. Called without a lock, from many threads at once; what it returns is submitted at most
     * once, under the lock of the sequencer: that must not block or throw.
     *
     * @param batch may be empty if there is a note
     * @param note what is written along with it in the keyspace of the system, or null
     * @throws dev.varve.storage.StoreException if the write can never be taken, such as one over a limit
     */
    PreparedWrite prepare(WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback);
}
