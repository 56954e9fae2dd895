/**
 * Merging of sorted tables, and having space back.
 *
 * <p>Tables stand in levels. Level 0 holds what memtables were flushed to, tables whose keys overlap, each newer than the one before;
 * in every level below, the tables are disjoint and ordered by key, and hold older versions than the levels above (O'Neil et al., "The
 * log-structured merge-tree", 1996; levels as in LevelDB). {@link dev.varve.storage.compaction.CompactionPicker} says what to merge,
 * {@link dev.varve.storage.compaction.LiveVersions} which entries somebody can still read, and
 * {@link dev.varve.storage.compaction.TableMerger} writes those. Values that stand in segments are not touched, only the
 * pointers to them move, unless their segment is to go.
 *
 * <p>Space that is overwritten or deleted comes back by whole segments. {@link dev.varve.storage.compaction.SpaceUse} knows from what
 * tables point to how much of each is dead, {@link dev.varve.storage.compaction.CollectionPicker} chooses victims and the tables that
 * are to be written anew without pointers to them, and {@link dev.varve.storage.compaction.ValueMover} moves what is live on the way.
 */
@NullMarked
package dev.varve.storage.compaction;

import org.jspecify.annotations.NullMarked;
