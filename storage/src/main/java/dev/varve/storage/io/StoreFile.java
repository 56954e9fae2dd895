package dev.varve.storage.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file with positions given by the caller. Thread-safe: reads and writes may run at once. */
public interface StoreFile extends Closeable {

    /**
     * Reads from {@code position} until {@code target} is full or the file ends.
     *
     * @return the number of bytes read, 0 at or behind the end of the file
     */
    int read(ByteBuffer target, long position) throws IOException;

    /**
     * Like {@link #read}, but only if the operating system has all the bytes in memory. Never waits for the device.
     *
     * @return false, with the contents of {@code target} unspecified and its position unchanged, if that is not so or
     *     cannot be known
     */
    boolean readResident(ByteBuffer target, long position) throws IOException;

    /** Writes all that remains in {@code source} at {@code position}, growing the file if needed. */
    void write(ByteBuffer source, long position) throws IOException;

    /**
     * Like {@link #write}, for small pieces that are not forced at once: within what was preallocated they may go through a mapping, which
     * costs no system call. Forcing each of them would be dear, since the system then writes the large pages in which they stand.
     */
    default void writeLazily(ByteBuffer source, long position) throws IOException {
        write(source, position);
    }

    /**
     * Forces everything written, and the size, to the device (fdatasync). After a failure the state of what was written
     * since the last success is unknown; the caller must not call it again to find out.
     */
    void sync() throws IOException;

    /** The size in bytes. */
    long size() throws IOException;

    /** Cuts the file to {@code size} bytes; nothing happens if it is shorter. */
    void truncate(long size) throws IOException;

    /**
     * Makes the file at least {@code size} bytes long with blocks of its own, so that writing within them cannot fail for
     * lack of space. New bytes read as zero. On failure the file may have any size up to {@code size}.
     *
     * @throws IOException for lack of space: see {@link Trouble#isDiskFull}
     */
    void preallocate(long size) throws IOException;

    @Override
    void close() throws IOException;
}
