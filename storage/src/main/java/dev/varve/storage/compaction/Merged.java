package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * What a merge has written; it counts once the manifest has it.
 *
 * @param tables the tables, by key; none if nothing was live
 * @param values the value segments to which values were moved
 * @param movedBytes how many bytes of frames were moved to them
 * @param unreadable ids of segments with values that should have been moved and could not be read, and why
 */
public record Merged(
        List<TableInfo> tables, List<ValueSegmentInfo> values, long movedBytes, Map<Long, IOException> unreadable) {

    /** Nothing. */
    public static final Merged NOTHING = new Merged(List.of(), List.of(), 0, Map.of());
}
