/**
 * The one order of writes: conditions are evaluated against the state before the write, including writes still in flight.
 *
 * <p>A {@link dev.varve.replication.sequencer.Command} is a list of {@link dev.varve.replication.sequencer.Condition
 * conditions} and the changes to make if all of them hold. The
 * {@link dev.varve.replication.sequencer.WriteSequencer} puts commands into one order, decides each against the applied
 * state ({@link dev.varve.replication.sequencer.StateReader}) and its own writes that are not committed yet, and hands what
 * is left of them, plain puts and deletes, to the log ({@link dev.varve.replication.sequencer.Proposer}). On a single node
 * both are the store:
 *
 * <pre>{@code
 * WriteSequencer sequencer = new WriteSequencer(
 *         StateReader.of(store), store::prepare, coldReads, SequencerLimits.defaults());
 * sequencer.submit(Command.deleteExisting(key), Durability.MAJORITY, callback);
 * }</pre>
 *
 * <p>Threads: {@code submit} never blocks and may be called from any thread. The callback is called once, on the caller's
 * thread, the committing thread, a thread of the cold reads, or the thread of another caller; it must be quick and must not
 * block or throw. No lock of the sequencer is held then.
 */
@NullMarked
package dev.varve.replication.sequencer;

import org.jspecify.annotations.NullMarked;
