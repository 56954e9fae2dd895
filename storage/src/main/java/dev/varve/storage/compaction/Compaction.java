package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tables to be merged into the next level, or one to be written anew in its own.
 *
 * @param level the level of the upper ones; the others are in the one below it
 * @param upper from level 0: newest first; else neighbours in the order of their keys
 * @param lower those that overlap them, by key
 * @param target the level where the result will be
 */
public record Compaction(int level, List<TableInfo> upper, List<TableInfo> lower, int target) {

    /** A merge into the next level. */
    public Compaction(int level, List<TableInfo> upper, List<TableInfo> lower) {
        this(level, upper, lower, level + 1);
    }

    /** A table that is written anew in its own level, without what is hidden from above. */
    static Compaction rewriting(int level, TableInfo table) {
        return new Compaction(level, List.of(table), List.of(), level);
    }

    /** True if a table is written anew in its own level. */
    public boolean isRewriting() {
        return target == level;
    }

    /** True if nothing need be merged: the upper tables can be moved as they are. Range tombstones are looked at, since they may go. */
    public boolean isMove() {
        return !isRewriting()
                && lower.isEmpty()
                && (level > 0 || upper.size() == 1)
                && upper.stream().allMatch(table -> table.rangeTombstones() == 0);
    }

    /** All tables that go into it. */
    public Stream<TableInfo> inputs() {
        return Stream.concat(upper.stream(), lower.stream());
    }

    /** What has to be read, in bytes. */
    public long inputBytes() {
        return sizeBytes(upper) + sizeBytes(lower);
    }

    static long sizeBytes(List<TableInfo> tables) {
        return tables.stream().mapToLong(TableInfo::sizeBytes).sum();
    }
}
