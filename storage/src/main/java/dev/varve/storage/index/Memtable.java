package dev.varve.storage.index;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of the index, sorted: a skip list (Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990)
 * in one piece of memory outside the heap.
 *
 * <p>Nodes are never removed or moved, so readers need no lock. A node is addressed by its offset in units of 8 bytes, and is
 * laid out so that a comparison mostly touches its first 16 bytes:
 *
 * <pre>
 *  0  u64  first eight bytes of the index key, big-endian
 *  8  i64  revision
 * 16  u32  length of the index key
 * 20  u32  length of the value
 * 24  u64  position of the frame in the log
 * 32  u32  plain checksum of the frame
 * 36  u8   kind; u8 height; u16 not used
 * 40  u32  next node at each height
 *          index key, inline value
 * </pre>
 *
 * <p>Thread safety: one thread adds; any number read. A node's links are published with release and read with acquire
 * semantics, from the lowest level up. Entries of writes that are not yet visible may be met: readers go by revision.
 */
public final class Memtable {

    private static final int MAX_HEIGHT = 12;
    private static final int REVISION = 8;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 20;
    private static final int POSITION = 24;
    private static final int CHECKSUM = 32;
    private static final int KIND = 36;
    private static final int HEIGHT = 37;
    private static final int NEXT = 40;
    private static final int HEAD = 1; // Offset 0 means "none", so the first unit stays unused.

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final VarHandle LINK = INT.varHandle();

    private final MemorySegment memory;
    private final int[] path = new int[MAX_HEIGHT];
    private long used;
    private long seed = 0x9E3779B97F4A7C15L;
    private int count;
    private volatile int entries;
    private volatile long usedBytes;

    /** @param memory at least 4 KiB, aligned to 8 bytes; the memtable's alone as long as it or a reader of it is in use */
    public Memtable(MemorySegment memory) {
        this.memory = memory;
        long head = HEAD * 8L;
        memory.set(BYTE, head + HEIGHT, (byte) MAX_HEIGHT);
        for (int level = 0; level < MAX_HEIGHT; level++) {
            LINK.setRelease(memory, head + NEXT + 4L * level, 0);
        }
        used = head + NEXT + 4L * MAX_HEIGHT;
    }

    /**
     * Adds an entry. If key and revision are there already the new one comes first in index order, so that it is the one that
     * counts.
     *
     * @param indexKey key of the entry, from index 0 to {@code keyLength}
     * @param value a buffer with the value, or null if it is not to be kept here
     * @return false if the memory does not suffice; then nothing was changed
     */
    public boolean add(
            byte[] indexKey,
            int keyLength,
            byte kind,
            long revision,
            long position,
            int checksum,
            int valueLength,
            @Nullable ByteBuffer value,
            int valueOffset) {
        int inline = value == null ? 0 : valueLength;
        int height = randomHeight();
        long at = (used + 7) & ~7L;
        long size = NEXT + 4L * height + keyLength + inline;
        if (at + size > memory.byteSize()) {
            return false;
        }
        long head = IndexKey.head(indexKey, keyLength);
        memory.set(LONG, at, head);
        memory.set(LONG, at + REVISION, revision);
        memory.set(INT, at + KEY_LENGTH, keyLength);
        memory.set(INT, at + VALUE_LENGTH, valueLength);
        memory.set(LONG, at + POSITION, position);
        memory.set(INT, at + CHECKSUM, checksum);
        memory.set(BYTE, at + KIND, kind);
        memory.set(BYTE, at + HEIGHT, (byte) height);
        long bytes = at + NEXT + 4L * height;
        MemorySegment.copy(indexKey, 0, memory, BYTE, bytes, keyLength);
        if (inline > 0 && value != null) {
            MemorySegment.copy(
                    MemorySegment.ofBuffer(value.duplicate().clear()), valueOffset, memory, bytes + keyLength, inline);
        }
        used = at + size;
        usedBytes = used;
        link(at, height, head, indexKey, keyLength, revision);
        return true;
    }

    private void link(long at, int height, long head, byte[] indexKey, int keyLength, long revision) {
        findPath(head, indexKey, keyLength, revision);
        int node = (int) (at >>> 3);
        for (int level = 0; level < height; level++) {
            LINK.set(memory, at + NEXT + 4L * level, nextOf(path[level], level));
        }
        for (int level = 0; level < height; level++) {
            LINK.setRelease(memory, (path[level] * 8L) + NEXT + 4L * level, node);
        }
        entries = ++count;
    }

    private int randomHeight() {
        seed ^= seed << 13;
        seed ^= seed >>> 7;
        seed ^= seed << 17;
        return Math.min(MAX_HEIGHT, 1 + Long.numberOfTrailingZeros(seed | (1L << 40)) / 2);
    }

    private int nextOf(int node, int level) {
        return (int) LINK.getAcquire(memory, Integer.toUnsignedLong(node) * 8L + NEXT + 4L * level);
    }

    /** Fills {@link #path} with the last node below the given place at each level. */
    private void findPath(long head, byte[] indexKey, int keyLength, long revision) {
        int node = HEAD;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = nextOf(node, level);
            while (next != 0 && compare(next, head, indexKey, keyLength, revision) < 0) {
                node = next;
                next = nextOf(node, level);
            }
            path[level] = node;
        }
    }

    /** The last node below (key, revision), or the head. */
    private int findLess(byte[] indexKey, int keyLength, long revision) {
        long head = IndexKey.head(indexKey, keyLength);
        int node = HEAD;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = nextOf(node, level);
            while (next != 0 && compare(next, head, indexKey, keyLength, revision) < 0) {
                node = next;
                next = nextOf(node, level);
            }
        }
        return node;
    }

    /**
     * The first node at or behind (key, revision), or 0. It is the one that was compared: reading the link of the node before it
     * once more could give a node that was added meanwhile and lies below.
     */
    private int findCeiling(byte[] indexKey, int keyLength, long revision) {
        long head = IndexKey.head(indexKey, keyLength);
        int node = HEAD;
        int next = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            next = nextOf(node, level);
            while (next != 0 && compare(next, head, indexKey, keyLength, revision) < 0) {
                node = next;
                next = nextOf(node, level);
            }
        }
        return next;
    }

    private int findLast() {
        int node = HEAD;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            for (int next = nextOf(node, level); next != 0; next = nextOf(node, level)) {
                node = next;
            }
        }
        return node;
    }

    /** Compares a node with (key, revision) in index order. */
    private int compare(int node, long head, byte[] indexKey, int keyLength, long revision) {
        long at = Integer.toUnsignedLong(node) * 8L;
        int byHead = Long.compareUnsigned(memory.get(LONG, at), head);
        if (byHead != 0) {
            return byHead;
        }
        int byKey = compareKeys(at, indexKey, keyLength);
        return byKey != 0 ? byKey : Long.compare(revision, memory.get(LONG, at + REVISION));
    }

    private int compareKeys(long at, byte[] indexKey, int keyLength) {
        int length = memory.get(INT, at + KEY_LENGTH);
        long bytes = keyStart(at);
        int common = Math.min(length, keyLength);
        for (int i = Math.min(8, common); i < common; i++) {
            int difference = Byte.compareUnsigned(memory.get(BYTE, bytes + i), indexKey[i]);
            if (difference != 0) {
                return difference;
            }
        }
        return Integer.compare(length, keyLength);
    }

    private long keyStart(long at) {
        return at + NEXT + 4L * memory.get(BYTE, at + HEIGHT);
    }

    /** The newest entry of a key whose revision is at most {@code maxRevision}, or null. */
    public @Nullable IndexEntry get(byte[] indexKey, long maxRevision) {
        int node = findCeiling(indexKey, indexKey.length, maxRevision);
        if (node == 0) {
            return null;
        }
        long at = Integer.toUnsignedLong(node) * 8L;
        if (memory.get(LONG, at) != IndexKey.head(indexKey, indexKey.length)
                || compareKeys(at, indexKey, indexKey.length) != 0) {
            return null;
        }
        return entryAt(at);
    }

    private IndexEntry entryAt(long at) {
        byte kind = memory.get(BYTE, at + KIND);
        int valueLength = memory.get(INT, at + VALUE_LENGTH);
        byte[] value = null;
        if (kind == EntryKind.INLINE) {
            value = new byte[valueLength];
            MemorySegment.copy(memory, BYTE, keyStart(at) + memory.get(INT, at + KEY_LENGTH), value, 0, valueLength);
        }
        return new IndexEntry(
                kind,
                memory.get(LONG, at + REVISION),
                memory.get(LONG, at + POSITION),
                valueLength,
                memory.get(INT, at + CHECKSUM),
                value);
    }

    /** How many entries there are. */
    public int entries() {
        return entries;
    }

    /** Bytes in use. */
    public long usedBytes() {
        return usedBytes;
    }

    /** The memory, for another memtable when nobody reads this one any more. */
    public MemorySegment memory() {
        return memory;
    }

    /** A cursor over the entries; those added later may be met or not. */
    public IndexCursor cursor() {
        return new Walk();
    }

    private final class Walk implements IndexCursor {

        private int node;
        private byte[] key = new byte[64];
        private int keyLength;

        @Override
        public boolean seek(byte @Nullable [] indexKey) {
            return at(indexKey == null ? nextOf(HEAD, 0) : findCeiling(indexKey, indexKey.length, Long.MAX_VALUE));
        }

        @Override
        public boolean seekBefore(byte @Nullable [] indexKey) {
            return at(indexKey == null ? findLast() : findLess(indexKey, indexKey.length, Long.MAX_VALUE));
        }

        @Override
        public boolean next() {
            return at(nextOf(node, 0));
        }

        @Override
        public boolean previous() {
            int before = findLess(key, keyLength, revision());
            for (int next = nextOf(before, 0); next != node; next = nextOf(before, 0)) {
                before = next; // The same key and revision, added later.
            }
            return at(before);
        }

        private boolean at(int newNode) {
            if (newNode == 0 || newNode == HEAD) {
                node = 0;
                return false;
            }
            node = newNode;
            long at = Integer.toUnsignedLong(node) * 8L;
            keyLength = memory.get(INT, at + KEY_LENGTH);
            if (keyLength > key.length) {
                key = new byte[Math.max(keyLength, 2 * key.length)];
            }
            MemorySegment.copy(memory, BYTE, keyStart(at), key, 0, keyLength);
            return true;
        }

        @Override
        public byte[] keyBytes() {
            return key;
        }

        @Override
        public int keyLength() {
            return keyLength;
        }

        @Override
        public long revision() {
            return memory.get(LONG, Integer.toUnsignedLong(node) * 8L + REVISION);
        }

        @Override
        public IndexEntry entry() {
            return entryAt(Integer.toUnsignedLong(node) * 8L);
        }
    }
}
