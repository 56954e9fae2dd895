package dev.varve.storage.state;

import org.jspecify.annotations.Nullable;

/**
 * A walk over a version that may go on: it stands on the first entry that its reader has not taken. It may as long as the version is
 * the current one, which nobody has to hold for that. Another reader may use its cursor for a walk of its own, which ends it. Belongs to one
 * thread at a time.
 *
 * @param reader whose walk it is; null if it is nobody's
 * @param chunk the number of the chunk that comes next: a reader may have gone on elsewhere since
 * @param version what is walked over
 * @param cursor where it stands
 * @param selective true if the cursor passes over what range tombstones hide from this reader
 */
record RangeWalk(
        @Nullable RangeReader reader,
        int chunk,
        @Nullable Version version,
        @Nullable VersionCursor cursor,
        boolean selective) {

    /** No walk. */
    static final RangeWalk NONE = new RangeWalk(null, 0, null, null, false);

    /** True if the reader's next chunk begins where it stands. */
    boolean leadsTo(RangeReader next, int nextChunk) {
        return next.equals(reader) && nextChunk == chunk;
    }
}
