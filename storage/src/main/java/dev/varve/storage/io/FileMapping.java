package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * The preallocated part of a file in memory, to write small pieces without a system call each. What is written is in the page cache, as
 * with write(2), and survives the process.
 *
 * <p>A window of the file is mapped at a time, which moves with the writes. Before the system takes a page to the device to which a process
 * can write through a mapping, it interrupts the other processors on which the process runs, for each page: so most pages should not be
 * mapped any more by then. It moves by a call that maps another part in place of the one before, since closing an arena for each would stop
 * every thread for a moment. It is unmapped as soon as it is known that no more will come, since a mapping keeps the blocks of a removed file.
 *
 * <p>Thread safety: {@link #write} by one thread at a time; {@link #close} by any.
 */
final class FileMapping {

    private static final long WINDOW_BYTES = 4L << 20;

    private final LinuxFile file;
    private final long size;
    private final Arena arena = Arena.ofShared();

    /** The window; null before the first use. Written under this. */
    private volatile @Nullable MemorySegment window;

    /** Where in the file the window begins; used by whoever writes. */
    private long windowBegin;

    /** True if nothing can be mapped any more; guarded by this. */
    private boolean ended;

    /** @param size how far the file has blocks of its own: a write to a page without one could end the process */
    FileMapping(LinuxFile file, long size) {
        this.file = file;
        this.size = size;
    }

    /**
     * Writes what remains, and moves the source's position accordingly.
     *
     * @return false, with a part written or nothing, if it would reach beyond the preallocated part, or that cannot be mapped
     */
    boolean write(ByteBuffer source, long position) throws IOException {
        if (position + source.remaining() > size) {
            return false;
        }
        long at = position;
        while (source.hasRemaining()) {
            MemorySegment target = window;
            if (target == null || at < windowBegin || at - windowBegin >= target.byteSize()) {
                target = move(at - at % WINDOW_BYTES);
                if (target == null) {
                    return false;
                }
            }
            long offset = at - windowBegin;
            int length = (int) Math.min(source.remaining(), target.byteSize() - offset);
            try {
                MemorySegment.copy(MemorySegment.ofBuffer(source), 0, target, offset, length);
            } catch (IllegalStateException e) {
                throw new ClosedChannelException();
            }
            source.position(source.position() + length);
            at += length;
        }
        return true;
    }

    /** Has the window begin at a place of the file, and returns it; null if the system refuses. */
    private synchronized @Nullable MemorySegment move(long begin) throws IOException {
        if (ended) {
            return null;
        }
        MemorySegment moved = window;
        if (moved == null) {
            moved = file.map(true, begin, Math.min(WINDOW_BYTES, size), arena);
            ended = moved == null;
        } else {
            ended = !file.remap(moved, begin);
        }
        windowBegin = begin;
        window = ended ? null : moved;
        return window;
    }

    /** Unmaps the file. Called once. */
    synchronized void close() {
        ended = true;
        arena.close();
    }
}
