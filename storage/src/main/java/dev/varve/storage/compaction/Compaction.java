package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tables to be merged into the next level.
 *
 * @param level the level of the upper ones; the others are in the one below it, where the result will be
 * @param upper from level 0: newest first; else neighbours in the order of their keys
 * @param lower those that overlap them, by key
 */
public record Compaction(int level, List<TableInfo> upper, List<TableInfo> lower) {

    /** True if nothing need be merged: the upper tables can be moved as they are. Range tombstones are looked at, since they may go. */
    public boolean isMove() {
        return lower.isEmpty()
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
