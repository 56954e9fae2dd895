package dev.varve.storage.compaction;

import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.RangeTombstones;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is to be written as tables.
 *
 * @param source the entries, and those that may hide some of them
 * @param part tells, of the entry at which {@code source} stands, whether it is to be written
 * @param start first index key that matters, or null
 * @param end last index key that matters, or null
 * @param live which entries somebody can still read
 * @param ranges the range tombstones that are to be written
 * @param tableBytes a table is ended behind the key with which it exceeds this
 * @param victims ids of the segments that values are moved out of
 * @param cancelled looked at with each entry
 */
public record Merge(
        IndexCursor source,
        BooleanSupplier part,
        byte @Nullable [] start,
        byte @Nullable [] end,
        LiveVersions live,
        RangeTombstones ranges,
        long tableBytes,
        Set<Long> victims,
        BooleanSupplier cancelled) {

    /** Writes all of the entries that are live, whose values stay where they are. */
    public static Merge of(IndexCursor source, LiveVersions live, long tableBytes, BooleanSupplier cancelled) {
        return new Merge(source, () -> true, null, null, live, live.rangeTombstones(), tableBytes, Set.of(), cancelled);
    }
}
