package dev.varve.storage.state;

import dev.varve.storage.index.IndexCursor;
import org.jspecify.annotations.Nullable;

/**
 * A walk over a version that is to go on: it stands on the first entry that its reader has not taken. It may go on as long as the version is
 * the current one, which nobody has to hold for that. Belongs to one thread at a time.
 *
 * @param reader whose walk it is; null if it is nobody's
 * @param chunk the number of the chunk that comes next: a reader may have gone on elsewhere since
 * @param version what is walked over
 * @param cursor where it stands
 */
record RangeWalk(
        @Nullable RangeReader reader,
        int chunk,
        @Nullable Version version,
        @Nullable IndexCursor cursor) {

    /** No walk. */
    static final RangeWalk NONE = new RangeWalk(null, 0, null, null);
}
