package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A file in memory, to read small pieces without a system call each. It is mapped on first use, as long as everything that is mapped so
 * fits half of the memory of this process: what is larger cannot stay in memory anyway, and is read faster by the call that says how much
 * is wanted. Pages are read one by one when they are not there.
 *
 * <p>Thread-safe.
 */
final class ReadMapping {

    /** How many bytes may still be mapped. */
    private static final AtomicLong MAPPABLE = new AtomicLong(MachineMemory.bytes() / 2);

    private final LinuxFile file;
    private final AtomicLong mappable;
    private final Arena arena = Arena.ofShared();

    /** What is mapped, which may be nothing; null before the first use. */
    private volatile @Nullable MemorySegment bytes;

    /** How much of {@link #mappable} it takes; guarded by this. */
    private long mappedBytes;

    /** True while the arena has something to unmap; guarded by this. */
    private boolean inUse;

    /** Guarded by this. */
    private boolean closed;

    ReadMapping(LinuxFile file) {
        this(file, MAPPABLE);
    }

    /** @param mappable how many bytes may still be mapped */
    ReadMapping(LinuxFile file, AtomicLong mappable) {
        this.file = file;
        this.mappable = mappable;
    }

    /** Copies bytes out of the file; false if they are not mapped. Fails as {@link StoreFile#readMapped} says. */
    boolean read(byte[] target, int from, int length, long position) throws IOException {
        MemorySegment mapped = bytes;
        if (mapped == null) {
            mapped = map();
        }
        if (position + length > mapped.byteSize()) {
            return false;
        }
        try {
            MemorySegment.copy(mapped, ValueLayout.JAVA_BYTE, position, target, from, length);
            return true;
        } catch (IllegalStateException e) {
            Thread.interrupted(); // Set by the JVM as it broke the copy off, not by anybody who wants something.
            throw new ClosedChannelException();
        }
    }

    private synchronized MemorySegment map() throws IOException {
        MemorySegment mapped = bytes;
        if (mapped == null) {
            mapped = closed ? MemorySegment.NULL : map(file.size());
            bytes = mapped;
        }
        return mapped;
    }

    private MemorySegment map(long size) throws IOException {
        if (size == 0) {
            return MemorySegment.NULL;
        }
        if (mappable.addAndGet(-size) < 0) {
            mappable.addAndGet(size);
            return MemorySegment.NULL;
        }
        MemorySegment mapped = file.map(false, size, arena);
        if (mapped == null) {
            mappable.addAndGet(size);
            return MemorySegment.NULL;
        }
        mappedBytes = size;
        inUse = true;
        return mapped;
    }

    /**
     * The file ends here from now on. It stays mapped, since others may be reading what stands before; what was cut off takes no memory
     * any more, and others may be mapped for it.
     */
    synchronized void cut(long size) {
        MemorySegment mapped = bytes;
        if (mapped != null && mapped.byteSize() > size) {
            bytes = mapped.asSlice(0, size);
            mappable.addAndGet(mappedBytes - size);
            mappedBytes = size;
        }
    }

    /** Unmaps the file, for good. Waits a moment for all threads. */
    synchronized void close() {
        closed = true;
        bytes = MemorySegment.NULL;
        mappable.addAndGet(mappedBytes);
        mappedBytes = 0;
        if (inUse) { // Closing an arena stops every thread for a moment.
            inUse = false;
            arena.close();
        }
    }
}
