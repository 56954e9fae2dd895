package dev.varve.replication.raft;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.LogScanner;
import dev.varve.storage.log.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log in the order in which it stands, as Raft does for a follower that lags. One
 * window of the file serves many entries. Thread-safe.
 */
final class LogReader {

    private final Log log;

    /** Where the last reader was, and in which segment; others begin a scanner of their own. */
    @GuardedBy("this")
    private @Nullable LogScanner scanner;

    @GuardedBy("this")
    private int segmentNumber;

    LogReader(Log log) {
        this.log = log;
    }

    /** The entry with this index, or null if the log does not have it. */
    synchronized @Nullable LogEntry entry(long index) throws IOException {
        if (index < log.firstIndex() || index > log.lastIndex()) {
            return null;
        }
        long position = log.position(index);
        Segment segment = log.segments().get(LogPosition.segmentNumber(position));
        LogScanner at = scanner;
        if (at == null
                || segmentNumber != segment.number()
                || at.offset() != LogPosition.offset(position)
                || !at.next()) {
            at = new LogScanner(segment, LogPosition.offset(position));
            scanner = null;
            if (!at.next()) {
                throw new CorruptionException(
                        segment.name().toString(),
                        LogPosition.offset(position),
                        "entry " + index + ": " + at.trouble());
            }
        }
        RecordHeader header = at.header();
        if (!header.type().isEntry() || header.index() != index) {
            throw new CorruptionException(
                    segment.name().toString(), LogPosition.offset(position), "this is not entry " + index);
        }
        scanner = at;
        segmentNumber = segment.number();
        return new LogEntry(
                header.type(),
                index,
                header.term(),
                header.timeMicros(),
                header.firstRevision(),
                plain(at.payload(), segment.id(), LogPosition.offset(position) + RecordHeader.BYTES));
    }

    /** Frames with plain checksums from frames as they stand in a segment, which have been verified. */
    private static ByteBuffer plain(ByteBuffer salted, long segmentId, int base) {
        ByteBuffer copy = ByteBuffer.allocate(salted.limit()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(salted.duplicate().position(0)).flip();
        for (int at = 0; at < copy.limit(); at += (int) Frames.length(copy, at)) {
            copy.putInt(at, copy.getInt(at) ^ Checksum.salt(segmentId, base + at));
        }
        return copy;
    }
}
