package dev.varve.storage.index;

import java.util.SortedMap;

/**
 * What is known of a table without opening it; kept in the manifest and, for tools, in the table itself.
 *
 * @param id its id
 * @param sizeBytes size of its file
 * @param entries how many entries it has
 * @param tombstones how many of them are tombstones
 * @param smallestKey its first index key
 * @param largestKey its last index key
 * @param minRevision lowest revision of an entry
 * @param maxRevision highest revision of an entry
 * @param segmentBytes the segments of the log that its entries point to, and how many bytes of frames in each
 */
public record TableInfo(
        long id,
        long sizeBytes,
        long entries,
        long tombstones,
        byte[] smallestKey,
        byte[] largestKey,
        long minRevision,
        long maxRevision,
        SortedMap<Long, Long> segmentBytes) {}
