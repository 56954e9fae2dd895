package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.RecordHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds and reads single entries of the log by their index. Each method throws {@link IllegalArgumentException} if the log does not
 * have the entry. Thread-safe; takes no lock while it reads.
 */
final class EntryReader {

    private final SegmentSet segments;
    private final EntryIndex entries;

    EntryReader(SegmentSet segments, EntryIndex entries) {
        this.segments = segments;
        this.entries = entries;
    }

    /** The {@link LogPosition} of an entry. */
    long position(long index) throws IOException {
        EntryIndex.Start start = entries.find(index);
        Segment segment = segments.get(LogPosition.segmentNumber(start.position()));
        int offset = LogPosition.offset(start.position());
        for (int skip = start.skip(); ; ) {
            RecordHeader header = header(segment, offset);
            if (header.type().isEntry() && skip-- == 0) {
                return LogPosition.of(segment.number(), offset);
            }
            offset += header.length();
        }
    }

    /** The header of an entry's record. */
    RecordHeader header(long index) throws IOException {
        long position = position(index);
        return header(segments.get(LogPosition.segmentNumber(position)), LogPosition.offset(position));
    }

    /** An entry, verified; the checksums of its frames are plain. */
    LogEntry entry(long index) throws IOException {
        long position = position(index);
        Segment segment = segments.get(LogPosition.segmentNumber(position));
        int offset = LogPosition.offset(position);
        LogScanner scanner =
                new LogScanner(segment, offset, header(segment, offset).length());
        if (!scanner.next()) {
            throw new CorruptionException(segment.name().toString(), offset, scanner.trouble());
        }
        RecordHeader header = scanner.header();
        return new LogEntry(
                header.type(),
                header.index(),
                header.term(),
                header.timeMicros(),
                header.firstRevision(),
                unsalted(scanner.payload(), segment.id(), offset + RecordHeader.BYTES));
    }

    private static ByteBuffer unsalted(ByteBuffer payload, long segmentId, int base) {
        ByteBuffer copy = ByteBuffer.allocate(payload.limit()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(payload.duplicate()).flip();
        LogWriter.salt(copy, 0, copy.limit(), segmentId, base);
        return copy;
    }

    private static RecordHeader header(Segment segment, int offset) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int read = segment.file().read(bytes, offset);
        RecordHeader header = read < RecordHeader.BYTES ? null : RecordHeader.read(bytes, 0, segment.id(), offset);
        if (header == null) {
            throw new CorruptionException(segment.name().toString(), offset, "there is no valid record header");
        }
        return header;
    }
}
