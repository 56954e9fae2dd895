package dev.varve.storage.state;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Fetches the values that index entries point to, and checks that they are what the index says. Thread-safe. */
final class ValueReader {

    private final SegmentSet segments;

    ValueReader(SegmentSet segments) {
        this.segments = segments;
    }

    SegmentSet segments() {
        return segments;
    }

    /**
     * The value of an entry that is no tombstone.
     *
     * @param key the key without its keyspace
     * @param resident true to read only what is in memory
     * @return null if {@code resident} is set and the device is needed
     * @throws CorruptionException if the log does not hold there what the index says
     */
    byte @Nullable [] read(byte[] key, IndexEntry entry, boolean resident) throws IOException {
        if (entry.kind() == EntryKind.INLINE) {
            return entry.value();
        }
        Segment segment = segments.find(LogPosition.segmentNumber(entry.position()));
        if (segment == null) {
            throw new CorruptionException("the index", 0, "an entry points to a segment of the log that is missing");
        }
        int offset = LogPosition.offset(entry.position());
        FrameCursor frame = segment.readFrame(offset, entry.frameBytes(key.length), resident);
        if (frame == null) {
            return null;
        }
        if (frame.kind() != FrameKind.PUT
                || frame.codec() != entry.codec()
                || frame.originalLength() != entry.valueLength()
                || !Arrays.equals(frame.key(), key)) {
            throw new CorruptionException(
                    segment.name().toString(), offset, "here stands another change than the index says");
        }
        return frame.originalValue();
    }
}
