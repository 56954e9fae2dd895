package dev.varve.storage.state;

import dev.varve.storage.compaction.LiveVersions;
import dev.varve.storage.index.RangeTombstones;
import java.util.function.LongSupplier;

/**
 * Whom flushes and compactions must leave what they read. Thread-safe.
 *
 * @param visibleRevision tells the last revision that new readers see
 * @param snapshots the revisions that are being read
 */
record Readers(LongSupplier visibleRevision, SnapshotRegistry snapshots) {

    /** What can be read from now on of entries and the range tombstones that come with them. */
    LiveVersions live(RangeTombstones ranges, LiveVersions.Depths depths) {
        long visible = visibleRevision.getAsLong(); // Before the next line, so that nothing falls between the two.
        return new LiveVersions(visible, snapshots.revisions(visibleRevision), ranges, depths);
    }
}
