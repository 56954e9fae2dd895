package dev.varve.storage.state;

import dev.varve.storage.log.Log;
import java.io.IOException;

/**
 * Has what was applied flushed when nobody has written for a second: then readers find it with the other entries, and there is less to
 * replay when the store is opened. It need not be, so it is left alone if it is less than half of what a memtable may hold, since small tables
 * cost more to merge, or if it could take space that writes will want, or cannot succeed. Used by one thread.
 */
final class IdleFlush {

    private static final double LEAST_FILL = 1.0 / 2;

    private final Idleness idleness;
    private final Applier applier;
    private final StoreDirectory directory;
    private final Log log;

    /** So much leaves space for a table, for the next segment of the log, and for what is kept free beside it. */
    private final long leastUsableBytes;

    IdleFlush(Idleness idleness, Applier applier, StoreDirectory directory, Log log, StateOptions options) {
        this.idleness = idleness;
        this.applier = applier;
        this.directory = directory;
        this.log = log;
        this.leastUsableBytes = options.memtableBytes() + 2L * options.segmentBytes();
    }

    /** Looks whether something is to be flushed. To be called about once a second. */
    void look() {
        if (idleness.isThere() && applier.fill() >= LEAST_FILL && isWritable() && hasSpace()) {
            applier.freezeUnlessOneWaits();
        }
    }

    private boolean isWritable() {
        return log.failure() == null && directory.manifest().failure() == null;
    }

    private boolean hasSpace() {
        try {
            return !log.diskFull() && directory.environment().files().usableBytes(directory.path()) >= leastUsableBytes;
        } catch (IOException e) {
            return false;
        }
    }
}
