package dev.varve.storage.index;

import java.util.Map;
import java.util.Set;

/**
 * What is known of a table without opening it; kept in the manifest and, for tools, in the table itself.
 *
 * @param id its id
 * @param sizeBytes size of its file
 * @param entries how many entries it has
 * @param tombstones how many of them are tombstones
 * @param rangeTombstones how many range tombstones it has beside its entries
 * @param smallestKey the first index key of which it says something
 * @param largestKey the last index key of which it says something; or, if that was removed by a range tombstone which has no last key, the
 *     first one beyond, which may be the smallest of the next table
 * @param minRevision lowest revision of an entry or range tombstone
 * @param maxRevision highest revision of an entry or range tombstone
 * @param segmentBytes the segments of the log that its entries point to, and how many bytes of frames in each
 */
public record TableInfo(
        long id,
        long sizeBytes,
        long entries,
        long tombstones,
        long rangeTombstones,
        byte[] smallestKey,
        byte[] largestKey,
        long minRevision,
        long maxRevision,
        SegmentBytes segmentBytes) {

    /** A table without range tombstones. */
    public TableInfo(
            long id,
            long sizeBytes,
            long entries,
            long tombstones,
            byte[] smallestKey,
            byte[] largestKey,
            long minRevision,
            long maxRevision,
            Map<Long, Long> segmentBytes) {
        this(
                id,
                sizeBytes,
                entries,
                tombstones,
                0,
                smallestKey,
                largestKey,
                minRevision,
                maxRevision,
                SegmentBytes.copyOf(segmentBytes));
    }

    /** How many bytes of frames its entries point to in some segments. */
    public long bytesIn(Set<Long> segments) {
        return segmentBytes.sum(segments);
    }
}
