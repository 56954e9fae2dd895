/**
 * The write-ahead log, which is also the Raft log and the store of values.
 *
 * <p>{@link dev.varve.storage.log.Log} is the whole: a sequence of {@link dev.varve.storage.log.Segment}s, each a preallocated
 * file of records. {@link dev.varve.storage.log.LogWriter} appends to the last one and forces it;
 * {@link dev.varve.storage.log.GroupCommit} lets many writers share a force; {@link dev.varve.storage.log.SegmentAllocator} keeps
 * a spare segment ready; {@link dev.varve.storage.log.LogScanner} reads a segment record by record, and
 * {@link dev.varve.storage.log.LogRecovery} decides after a crash what is a torn tail and what is damage.
 *
 * <p>What is left of old segments is moved to {@link dev.varve.storage.log.ValueSegments}, files of frames in the order of their keys,
 * which are found like segments of the log and are no part of it.
 *
 * <p>Places in the log are {@link dev.varve.storage.log.LogPosition}s, packed into a {@code long}. A segment is forced before
 * its successor is written to, so only the last segment can have a torn tail.
 *
 * <p>Threads: any number append, under a short lock; one at a time commits; reads need no lock. After a failed write or force
 * the log takes nothing more until it is opened again.
 */
@NullMarked
package dev.varve.storage.log;

import org.jspecify.annotations.NullMarked;
