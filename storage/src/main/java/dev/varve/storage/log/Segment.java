package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.io.StoreFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One file of frames: a segment of the log, or a value segment. Bytes below {@link #end} never change. Thread-safe for reading; only
 * {@link LogWriter} or {@link ValueSegmentWriter} writes.
 */
public final class Segment implements Closeable {

    private static final int COPY_BYTES = 1 << 20;
    private static final int AHEAD_BYTES = 256 << 10;

    private final FileKind kind;
    private final int number;
    private final long id;
    private final StoreFile file;
    private final int capacity;

    /** Up to where records have been handed to the operating system. */
    private volatile int end = FileHeader.BYTES;

    /** Up to where records are known to be on the device. Invariant: {@code durableEnd <= end}. */
    private volatile int durableEnd = FileHeader.BYTES;

    /** Up to where zeroes were written for records to come; used by whoever writes records. */
    private int zeroesEnd;

    private volatile boolean sealed;

    /** Guarded by this. */
    private @Nullable IOException forceFailure;

    Segment(FileKind kind, int number, long id, StoreFile file, int capacity) {
        this.kind = kind;
        this.number = number;
        this.id = id;
        this.file = file;
        this.capacity = capacity;
    }

    /** True if it is a segment of the log; false if it is a value segment. */
    public boolean isLog() {
        return kind == FileKind.LOG;
    }

    /** Counts the segments of this process, those of the log in its order; used in {@link LogPosition}s. */
    public int number() {
        return number;
    }

    /** The id, unique among all replicas. */
    public long id() {
        return id;
    }

    /** The name of its file. */
    public FileName name() {
        return new FileName(kind, id);
    }

    /** Size of the file in bytes, as far as records may go. */
    public int capacity() {
        return capacity;
    }

    /** Where the next record will stand: behind the last one that was written. */
    public int end() {
        return end;
    }

    /** Up to where records are known to be on the device. */
    public int durableEnd() {
        return durableEnd;
    }

    /** True if no record will be added. */
    public boolean sealed() {
        return sealed;
    }

    StoreFile file() {
        return file;
    }

    /** It is complete and on the device. */
    void finish(int size) {
        end = size;
        durableEnd = size;
        seal();
    }

    void written(int newEnd) {
        end = newEnd;
    }

    /**
     * Writes zeroes behind the last record unless some stand there: blocks that were preallocated and never written are converted by the
     * file system as part of forcing them, which takes about as long again as a small group does. Called by whoever writes records.
     */
    void writeAhead() throws IOException {
        int from = end;
        if (from > zeroesEnd) {
            int to = (int) Math.min(capacity, from + (long) AHEAD_BYTES);
            file.write(ByteBuffer.allocateDirect(to - from), from);
            zeroesEnd = to;
        }
    }

    /** What stands below is known to be on the device. */
    void forced(int newDurableEnd) {
        durableEnd = newDurableEnd;
        settle();
    }

    /**
     * Forces what has been written to the device. Forces of one segment exclude each other, and none is tried after one has
     * failed: the system reports a failure once, and a later force would succeed without the bytes.
     *
     * @return false if there was nothing to force
     */
    synchronized boolean force() throws IOException {
        IOException cause = forceFailure;
        if (cause != null) {
            throw new IOException(name() + " could not be forced earlier: " + cause.getMessage(), cause);
        }
        int target = end;
        if (durableEnd >= target) {
            return false;
        }
        try {
            file.sync();
        } catch (IOException | RuntimeException e) {
            forceFailure = e instanceof IOException io ? io : new IOException(e);
            throw e;
        }
        forced(target);
        return true;
    }

    /**
     * Writes what stands from {@code from} to the end once more and forces it. After a force that failed, an earlier process may have
     * left bytes that are read back from memory, count as clean, and are on no device.
     */
    void forceAgain(int from) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(Math.min(COPY_BYTES, Math.max(1, end - from)));
        for (int at = from; at < end; at += chunk.limit()) {
            chunk.clear().limit(Math.min(chunk.capacity(), end - at));
            if (file.read(chunk, at) < chunk.limit()) {
                throw new CorruptionException(name().toString(), at, "the file ends within the log");
            }
            file.write(chunk.flip(), at);
        }
        file.sync();
        forced(end);
    }

    void seal() {
        sealed = true;
        settle();
    }

    /** Of a file whose pages are all on the device, none of them needs to be kept, whatever the system does with those that it lets go. */
    private void settle() {
        if (sealed && durableEnd >= end) {
            file.expectSeldomReads();
        }
    }

    /**
     * Reads bytes that hold frames, without verifying them.
     *
     * @throws CorruptionException if the file ends before
     */
    public byte[] readBytes(int offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        if (file.read(ByteBuffer.wrap(bytes), offset) < length) {
            throw new CorruptionException(name().toString(), offset, "the file ends within a value");
        }
        return bytes;
    }

    /** The same of bytes that the operating system has in memory, without waiting; null if it does not, or the file ends before. */
    public byte @Nullable [] readResidentBytes(int offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        return file.readResident(ByteBuffer.wrap(bytes), offset) ? bytes : null;
    }

    /** Checks that a frame of this length can stand at this place. */
    public void requireBytes(int offset, long length) throws IOException {
        if (length > (isLog() ? capacity : end) - offset) {
            throw new CorruptionException(
                    name().toString(),
                    offset,
                    "a frame of " + length + " bytes would end behind offset " + file.size());
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
