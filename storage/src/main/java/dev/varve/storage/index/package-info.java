/**
 * The index: from keys to the places of their values in the log.
 *
 * <p>An entry is found by its <em>index key</em> ({@link dev.varve.storage.index.IndexKey}: keyspace and key) and revision; the
 * order is by index key ascending, then by revision descending, so that the newest version of a key comes first. New entries go
 * to a {@link dev.varve.storage.index.Memtable}; a full one is written by {@link dev.varve.storage.index.TableWriter} as a sorted
 * table, which {@link dev.varve.storage.index.TableReader} reads. {@link dev.varve.storage.index.IndexCursor} walks either of
 * them, and {@link dev.varve.storage.index.MergingCursor} several as one.
 *
 * <p>Ranges of keys that were removed as a whole are {@link dev.varve.storage.index.RangeTombstones}, which memtables and tables keep beside
 * their entries.
 *
 * <p>Threads: a memtable has one writer and any number of readers; tables are immutable; cursors belong to one thread.
 */
@NullMarked
package dev.varve.storage.index;

import org.jspecify.annotations.NullMarked;
