package dev.varve.storage.state;

import java.io.IOException;

/** What was registered to be read is too old: flushes and merges need not keep it any more. */
public final class SnapshotExpiredException extends IOException {

    private static final long serialVersionUID = 1L;

    SnapshotExpiredException(long revision, long ageSeconds) {
        super("the snapshot of revision " + revision + " is older than " + ageSeconds
                + " seconds (option snapshotAge), so that what it saw need not be there any more");
    }
}
