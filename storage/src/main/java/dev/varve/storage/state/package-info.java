/**
 * The deterministic state of a store: what committed log entries add up to.
 *
 * <p>{@link dev.varve.storage.state.StateMachine} is fed with committed entries in the order of the log, keeps them in a memtable,
 * flushes memtables to tables in the background, when they are full or nobody writes, and reads. It opens the files of a store, founds them if there are none,
 * and recovers. {@link dev.varve.storage.state.VersionSet} holds what readers see, {@link dev.varve.storage.state.Flusher} writes
 * tables, {@link dev.varve.storage.state.SnapshotRegistry} knows which revisions are still read.
 *
 * <p>Visibility: an entry's writes become visible together, when {@link dev.varve.storage.state.StateMachine#publish} raises the
 * visible revision. Readers of more than one key register the revision they read before they take a version, and flushes keep
 * what a registered revision needs; so a reader may let go of its version between two chunks.
 *
 * <p>Threads: one applies at a time; any number read; one flushes; two merge tables, each others than the other
 * ({@link dev.varve.storage.state.Compactor}). {@link dev.varve.storage.state.WritePacer} slows those who write when that falls behind, and
 * {@link dev.varve.storage.state.MergePacer} slows merges when those who write suffer from them.
 */
@NullMarked
package dev.varve.storage.state;

import org.jspecify.annotations.NullMarked;
