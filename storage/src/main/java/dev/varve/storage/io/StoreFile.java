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

    /**
     * Says that of this file small pieces are read here and there, as of values, and hardly the same again soon. From then on, as long as there is
     * more of such files than fits in memory, the system does not keep what {@link #read} and {@link #readResident} have it read, so
     * that it takes the place of nothing that is wanted more often; unless it was read before not long ago. Where the system cannot do that
     * nothing changes.
     */
    default void expectSeldomReads() {}

    /**
     * Says that of this file small pieces are read here and there, all of it in the end, and again and again. From then on, as long as such files
     * fit half of what the heap leaves of memory together, what {@link #read} has to wait for comes with what stands around it. Where the system cannot do that nothing
     * changes.
     */
    default void expectFrequentReads() throws IOException {}

    /**
     * Says that bytes will be read soon: the system may begin to read them, and nobody waits. They may lie behind the end of the file. Where the
     * system cannot do that nothing happens.
     */
    default void readAhead(long position, long bytes) throws IOException {}

    /**
     * Reads a small piece by a mapping, which takes no system call if the operating system has the bytes in memory, and else waits for the
     * device. If that fails, the JVM throws an {@link InternalError}, and not always in here: it may come with the next call into the
     * JVM. So the caller verifies what it was given, and expects the error until that is done.
     *
     * @param target takes {@code length} bytes from index {@code from} on
     * @return false, with nothing read, if there is no mapping of these bytes, or none pays; {@link #read} is then the way
     */
    default boolean readMapped(byte[] target, int from, int length, long position) throws IOException {
        return false;
    }

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

    /**
     * The first place at or behind {@code position} where something else than zeroes may stand; {@link Long#MAX_VALUE} if there is none. What was
     * preallocated and never written need not be read to know it.
     */
    default long nextData(long position) throws IOException {
        return position;
    }

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
