package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;

/** Logs for tests of what points into them. */
public final class TestSegments {

    private TestSegments() {}

    /** Segments with these ids, numbered from 0, whose files are missing. */
    public static SegmentSet missing(long... ids) {
        SegmentSet segments = new SegmentSet();
        for (long id : ids) {
            CorruptionException missing =
                    new CorruptionException(new FileName(FileKind.LOG, id).toString(), 0, "the file is missing");
            segments.add(new SegmentAllocator.Fresh(id, new DamagedFile(null, missing), FileHeader.BYTES));
        }
        return segments;
    }
}
