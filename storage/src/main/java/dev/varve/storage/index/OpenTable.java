package dev.varve.storage.index;

import dev.varve.storage.format.TableFooter;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a table at its first use, and stays in memory.
 *
 * @param blocks its file
 * @param footer its footer
 * @param filter tells which keys are not there: 1.25 bytes a key; null if there was no memory for it
 * @param segmentNumbers the numbers of this process for the segments in the table's dictionary
 * @param ranges its range tombstones
 */
record OpenTable(
        BlockFile blocks,
        TableFooter footer,
        @Nullable BloomFilter filter,
        int[] segmentNumbers,
        RangeTombstones ranges) {

    /** False if the key with this hash is certainly not there. */
    boolean mayContain(long hash) {
        return filter == null || filter.mayContain(hash);
    }
}
