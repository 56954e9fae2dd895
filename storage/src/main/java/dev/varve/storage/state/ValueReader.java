package dev.varve.storage.state;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.io.Spares;
import dev.varve.storage.log.FrameReader;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Reach;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Fetches the values that index entries point to, and checks that they are what the index says. Thread-safe. */
final class ValueReader {

    private final SegmentSet segments;
    private final Spares<FrameReader> readers = new Spares<>(FrameReader::new);

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
     * @param reach how far the read may go
     * @return null if that is not far enough
     * @throws CorruptionException if the log does not hold there what the index says
     */
    byte @Nullable [] read(byte[] key, IndexEntry entry, Reach reach) throws IOException {
        if (entry.kind() == EntryKind.INLINE) {
            return entry.value();
        }
        Segment segment = segment(entry);
        FrameReader reader = readers.take();
        try {
            return reader.value(
                    segment,
                    LogPosition.offset(entry.position()),
                    key,
                    entry.codec(),
                    entry.storedLength(),
                    entry.valueLength(),
                    reach);
        } finally {
            readers.giveBack(reader);
        }
    }

    /** Like {@link #read}, of an entry whose frame has been read: it begins in {@code bytes} at {@code at}. */
    byte[] readIn(byte[] bytes, int at, byte[] key, IndexEntry entry) throws IOException {
        FrameReader reader = readers.take();
        try {
            return reader.valueIn(
                    bytes,
                    at,
                    segment(entry),
                    LogPosition.offset(entry.position()),
                    key,
                    entry.codec(),
                    entry.storedLength(),
                    entry.valueLength());
        } finally {
            readers.giveBack(reader);
        }
    }

    /** The segment that a pointer leads to. */
    Segment segment(IndexEntry entry) throws CorruptionException {
        Segment segment = segments.find(LogPosition.segmentNumber(entry.position()));
        if (segment == null) {
            throw new CorruptionException("the index", 0, "an entry points to a segment of the log that is missing");
        }
        return segment;
    }
}
