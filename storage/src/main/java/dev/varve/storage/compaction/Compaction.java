package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.List;

/**
 * Tables to be merged into the next level.
 *
 * @param level the level of the upper ones; the others are in the one below it, where the result will be
 * @param upper from level 0: newest first; else one
 * @param lower those that overlap them, by key
 */
public record Compaction(int level, List<TableInfo> upper, List<TableInfo> lower) {

    /** True if nothing need be merged: the only table can be moved as it is. */
    public boolean isMove() {
        return upper.size() == 1 && lower.isEmpty();
    }

    /** What has to be read, in bytes. */
    public long inputBytes() {
        return sizeBytes(upper) + sizeBytes(lower);
    }

    static long sizeBytes(List<TableInfo> tables) {
        return tables.stream().mapToLong(TableInfo::sizeBytes).sum();
    }
}
