package dev.varve.storage.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside of the heap of which a page takes room, and the time to be cleared, only once it is used. What the JVM allocates it clears at
 * once, which for a memtable takes as long as replaying a fifth of one.
 */
public final class LazyMemory {

    /** The system rounds sizes up to its pages, which are 4 to 64 KiB. */
    private static final int LARGEST_PAGE = 64 << 10;

    private LazyMemory() {}

    /**
     * Memory that is zero, aligned to 8 bytes, and freed by the JVM's collector. Where the system cannot be asked for it the JVM is.
     *
     * @param bytes more than 0
     */
    public static MemorySegment allocate(long bytes) {
        LinuxCalls calls = LinuxCalls.instance();
        @Nullable MemorySegment memory = calls == null ? null : calls.mapMemory(bytes, Arena.ofAuto());
        return memory != null ? memory : Arena.ofAuto().allocate(bytes, 8);
    }

    /**
     * Gives the pages back to the system now, whenever the collector comes by: memory that is not used again.
     *
     * @param memory what {@link #allocate} returned; what it held is lost. Nothing happens unless its size is a multiple of 64 KiB
     */
    public static void discard(MemorySegment memory) {
        LinuxCalls calls = LinuxCalls.instance();
        if (calls != null && memory.byteSize() % LARGEST_PAGE == 0) {
            calls.discard(memory);
        }
    }
}
