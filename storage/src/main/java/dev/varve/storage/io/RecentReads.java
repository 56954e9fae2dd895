package dev.varve.storage.io;

/**
 * Which pages were read lately, so that one that is read for the second time can be told from one that is wanted once: the list without
 * contents of "2Q: a low overhead high performance buffer management replacement algorithm" (Johnson, Shasha, 1994), as a table of tags that
 * newer ones replace. It remembers about as many pages as memory has, so that what would be met again before it is forgotten is kept.
 *
 * <p>Thread-safe; threads that race lose a note, which is then made by the next read. One page in a hundred is taken for another.
 */
final class RecentReads {

    private static final int PAGE_BITS = 12;
    private static final int LARGEST = 1 << 26;

    /** Of the heap the table takes one part in so many at most. */
    private static final int HEAP_PARTS = 64;

    private final byte[] tags;

    /** @param pages how many are remembered, about: at least 1 */
    RecentReads(long pages) {
        this.tags = new byte[(int) Long.highestOneBit(Math.min(LARGEST, pages))];
    }

    /** Of the whole process. */
    static RecentReads ofProcess() {
        return OfProcess.INSTANCE;
    }

    private static final class OfProcess {
        private static final RecentReads INSTANCE = new RecentReads(Math.min(
                MachineMemory.bytes() >>> PAGE_BITS, Runtime.getRuntime().maxMemory() / HEAP_PARTS));
    }

    /** True if the page at this place of a file was read lately. */
    boolean contains(long file, long position) {
        long hash = hash(file, position);
        return tags[slot(hash)] == tag(hash);
    }

    /** The same, and from now on it was. */
    boolean add(long file, long position) {
        long hash = hash(file, position);
        boolean there = tags[slot(hash)] == tag(hash);
        tags[slot(hash)] = tag(hash);
        return there;
    }

    private int slot(long hash) {
        return (int) hash & (tags.length - 1);
    }

    /** Not 0. */
    private static byte tag(long hash) {
        return (byte) (hash >>> 56 | 1);
    }

    private static long hash(long file, long position) {
        long z = (file << 40 ^ position >>> PAGE_BITS) * 0x9E3779B97F4A7C15L;
        return (z ^ z >>> 32) * 0xBF58476D1CE4E5B9L;
    }
}
