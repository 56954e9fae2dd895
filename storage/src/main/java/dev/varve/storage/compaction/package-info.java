/**
 * Merging of sorted tables.
 *
 * <p>Tables stand in levels. Level 0 holds what memtables were flushed to, tables whose keys overlap, each newer than the one before;
 * in every level below, the tables are disjoint and ordered by key, and hold older versions than the levels above (O'Neil et al., "The
 * log-structured merge-tree", 1996; levels as in LevelDB). {@link dev.varve.storage.compaction.CompactionPicker} says what to merge,
 * {@link dev.varve.storage.compaction.LiveVersions} which entries somebody can still read, and
 * {@link dev.varve.storage.compaction.TableMerger} writes those. Values that stand in the log are not touched: only the pointers to them
 * move.
 */
@NullMarked
package dev.varve.storage.compaction;

import org.jspecify.annotations.NullMarked;
