package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Writes the end of a log for a copy of its store: the last segment up to a place, with a seal of its own, and the empty segment that
 * the seal names. The copy so never appends to a file that the store has, and the store never to one that the copy has. All is on the
 * device when it is done, but for the names.
 */
public final class LogCopy {

    private static final int COPY_BYTES = 1 << 20;

    private LogCopy() {}

    /**
     * Writes the two segments.
     *
     * @param directory where to
     * @param last the segment in which the log ends
     * @param end where in it, in front of a record or behind the last one; what stands before it is on the device
     * @param state the log there
     * @param successor id of the empty segment
     */
    public static void writeEnd(
            FileSystem files, Path directory, StoreId storeId, Segment last, int end, LogState state, long successor)
            throws IOException {
        if (end > last.end()) {
            throw new IllegalArgumentException(last.name() + " ends at " + last.end() + ", before " + end);
        }
        try (StoreFile copy = files.create(directory.resolve(last.name().toString()))) {
            copy(last.file(), copy, end, last.name());
            ByteBuffer seal = ByteBuffer.allocate(LogWriter.SEAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            RecordHeader header = new RecordHeader(
                    LogWriter.SEAL_BYTES,
                    0,
                    RecordType.SEAL,
                    state.lastIndex(),
                    state.lastTerm(),
                    state.timeMicros(),
                    state.nextRevision(),
                    end,
                    1);
            LogWriter.encode(seal, header, LogWriter.sealFrame(successor), last.id(), end);
            copy.write(seal.flip(), end);
            copy.sync();
        }
        writeEmpty(files, directory, storeId, successor);
    }

    /** Writes an empty segment, in which a log begins; it is on the device when this returns, but for its name. */
    public static void writeEmpty(FileSystem files, Path directory, StoreId storeId, long successor)
            throws IOException {
        int capacity =
                FileHeader.BYTES + LogWriter.SEAL_BYTES; // Room for nothing: the log goes on in a segment of full size.
        FileName name = new FileName(FileKind.LOG, successor);
        try (StoreFile empty = files.create(directory.resolve(name.toString()))) {
            empty.preallocate(capacity);
            empty.write(new FileHeader(FileKind.LOG, storeId, successor, capacity).encode(), 0);
            empty.sync();
        }
    }

    /**
     * Copies the first bytes of a file.
     *
     * @throws CorruptionException if it has fewer
     */
    public static void copy(StoreFile source, StoreFile target, long bytes, FileName name) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, Math.max(1, bytes)));
        for (long at = 0; at < bytes; at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - at));
            if (source.read(chunk, at) < chunk.limit()) {
                throw new CorruptionException(name.toString(), at, "the file ends before its end");
            }
            target.write(chunk.flip(), at);
        }
    }
}
