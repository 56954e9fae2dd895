package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * The preallocated part of a file in memory, to write small pieces without a system call each. What is written is in the page cache, as
 * with write(2), and survives the process. It is mapped on first use, and unmapped as soon as it is known that no more will come, since
 * a mapping keeps the blocks of a removed file.
 *
 * <p>Thread safety: {@link #write} by one thread at a time; {@link #close} by any.
 */
final class FileMapping {

    private final LinuxFile file;
    private final long size;
    private final Arena arena = Arena.ofShared();
    private volatile @Nullable MemorySegment bytes;

    /** @param size how far the file has blocks of its own: a write to a page without one could end the process */
    FileMapping(LinuxFile file, long size) {
        this.file = file;
        this.size = size;
    }

    /** Writes all that remains, or nothing and returns false if it would reach beyond the preallocated part, or that cannot be mapped. */
    boolean write(ByteBuffer source, long position) throws IOException {
        int length = source.remaining();
        if (position + length > size) {
            return false;
        }
        MemorySegment target = bytes;
        try {
            if (target == null) {
                target = file.map(true, size, arena);
                if (target == null) {
                    return false;
                }
                bytes = target;
            }
            MemorySegment.copy(MemorySegment.ofBuffer(source), 0, target, position, length);
        } catch (IllegalStateException e) {
            throw new ClosedChannelException();
        }
        source.position(source.limit());
        return true;
    }

    /** Unmaps the file. Called once. */
    void close() {
        arena.close();
    }
}
