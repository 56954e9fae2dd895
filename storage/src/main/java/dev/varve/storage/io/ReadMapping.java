package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A file in memory, to read small pieces without a system call each. It is mapped on first use. Mappings are used as long as all files
 * that would be read so fit half of the memory of this process together: what is larger cannot stay in memory anyway, and is read faster by
 * the call that says how much is wanted, since a mapping brings it page by page.
 *
 * <p>Thread-safe.
 */
final class ReadMapping {

    /** How many bytes more than those that are read so may be, in this process; below 0 no mapping is used. */
    static final AtomicLong MAPPABLE = new AtomicLong(MachineMemory.bytes() / 2);

    private final LinuxFile file;
    private final AtomicLong mappable;
    private final Arena arena = Arena.ofShared();

    /** What is mapped, which may be nothing; null as long as it has not been tried. */
    private volatile @Nullable MemorySegment bytes;

    /** True as soon as its bytes are taken from {@link #mappable}. */
    private volatile boolean counted;

    /** How much of {@link #mappable} it takes; guarded by this. */
    private long countedBytes;

    /** True while the arena has something to unmap; guarded by this. */
    private boolean inUse;

    /** @param mappable how many bytes may be read so */
    ReadMapping(LinuxFile file, AtomicLong mappable) {
        this.file = file;
        this.mappable = mappable;
    }

    /** True if there is more to be read so than is mapped. */
    boolean isBeyondMemory() {
        return mappable.get() < 0;
    }

    /** Copies bytes out of the file; false if they are not mapped. Fails as {@link StoreFile#readMapped} says. */
    boolean read(byte[] target, int from, int length, long position) throws IOException {
        if (counted && mappable.get() < 0) {
            return false;
        }
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
        if (mapped != null) {
            return mapped;
        }
        if (!counted) {
            countedBytes = file.size();
            mappable.addAndGet(-countedBytes);
            counted = true;
        }
        if (mappable.get() < 0) {
            return MemorySegment.NULL;
        }
        mapped = countedBytes == 0 ? null : file.map(false, 0, countedBytes, arena);
        if (mapped == null) {
            uncount(0);
            mapped = MemorySegment.NULL;
        } else {
            inUse = true;
        }
        bytes = mapped;
        return mapped;
    }

    private void uncount(long left) {
        mappable.addAndGet(countedBytes - left);
        countedBytes = left;
    }

    /**
     * The file ends here from now on. It stays mapped, since others may be reading what stands before; what was cut off takes no memory
     * any more, and others may be mapped for it.
     */
    synchronized void cut(long size) {
        MemorySegment mapped = bytes;
        if (mapped != null && mapped.byteSize() > size) {
            bytes = mapped.asSlice(0, size);
        }
        if (countedBytes > size) {
            uncount(size);
        }
    }

    /** Unmaps the file, for good. Waits a moment for all threads. */
    synchronized void close() {
        counted = true;
        bytes = MemorySegment.NULL;
        uncount(0);
        if (inUse) { // Closing an arena stops every thread for a moment.
            inUse = false;
            arena.close();
        }
    }
}
