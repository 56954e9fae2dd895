package dev.varve.storage.log;

import java.io.IOException;

/** Where the log has its segments written down durably; the manifest, for the log. */
public interface SegmentRegistry {

    /** Draws the id of a new file; never the same twice. */
    long nextFileId();

    /**
     * A segment has been created and is durable, and will be written to as soon as this returns.
     *
     * @throws IOException if that could not be written down; the segment will be removed again
     */
    void segmentCreated(long id) throws IOException;
}
