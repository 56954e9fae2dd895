package dev.varve.storage.index;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of the index, sorted: a skip list (Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990)
 * in one piece of memory outside the heap.
 *
 * <p>Nodes are never removed or moved, so readers need no lock. A node is addressed by the offset of its first field in units of 8
 * bytes; its links stand before that, the one of level n at {@code -8 * (n + 1)}:
 *
 * <pre>
 *  0  u64  first eight bytes of the index key, big-endian
 *  8  i64  revision
 * 16  u32  length of the index key
 * 20  u32  length of the value
 * 24  u64  position of the frame in the log
 * 32  u32  plain checksum of the frame
 * 36  u8   kind; 3 bytes not used
 * 40       index key, inline value
 * </pre>
 *
 * <p>A search is bound by the cache lines that it misses. So a link holds, beside the next node (27 bits), a digest of that node's key (37
 * bits, see {@link #digest}). Where that decides, and it mostly does, a node that is not passed is never touched, and one that is passed is
 * touched in the line of its links alone. What keys have in common says nothing, so a digest is of what stands behind it.
 *
 * <p>A key that is not there at all, which is what most look-ups of a store with tables meet, is mostly recognised by a filter: four bits
 * in one word, of as many words as the memory has pieces of 512 bytes, so that a search touches one cache line instead of ten.
 *
 * <p>Thread safety: one thread adds; any number read. A node's links are published with release and read with acquire
 * semantics, from the lowest level up. Entries of writes that are not yet visible may be met: readers go by revision.
 */
public final class Memtable {

    /** So many keys may be {@linkplain #expect expected}. */
    public static final int EXPECTED_MAX = 16;

    private static final int MAX_HEIGHT = 12;
    private static final int REVISION = 8;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 20;
    private static final int POSITION = 24;
    private static final int CHECKSUM = 32;
    private static final int KIND = 36;
    private static final int KEY = 40;

    /** Bits of a link that say which node is next; 0 means none. */
    private static final int NODE_BITS = 27;

    private static final int NODE_MASK = (1 << NODE_BITS) - 1;

    /** Bits of a digest below those which tell on which side of the usual prefix a key is. */
    private static final int DIGEST_KEY_BITS = 35;

    /** Bits of them that tell of the key if it does not begin with the prefix: those above tell where it differs. */
    private static final int DIGEST_OTHER_BITS = 30;

    /** A key that differs later is taken for one that differs here. */
    private static final int DIFFERS_MAX = (1 << (DIGEST_KEY_BITS - DIGEST_OTHER_BITS)) - 1;

    private static final long BELOW_PREFIX = 0;
    private static final long WITH_PREFIX = 1L << DIGEST_KEY_BITS;
    private static final long ABOVE_PREFIX = 2L << DIGEST_KEY_BITS;

    /** What most keys begin with is told by at least so many. */
    private static final int PREFIX_SAMPLE = 16;

    /** There is one word of the filter for so many bytes of memory. */
    private static final int FILTERED_BYTES = 512;

    /** The node before the first one, behind its own links. */
    private static final int HEAD = MAX_HEIGHT;

    /** More range tombstones would make adding one slow, which copies them. */
    private static final int MAX_RANGE_TOMBSTONES = 8192;

    /** Their keys may take one part in so many of what the memtable may hold. */
    private static final int RANGE_TOMBSTONES_DIVISOR = 4;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final VarHandle LINK = LONG.varHandle();

    private final MemorySegment memory;
    private final byte[] usualPrefix;
    private final int[] path = new int[MAX_HEIGHT];

    /** The fields of the node that is being added, to be copied at once: in code that has just been loaded, as when a store is opened, that is faster. */
    private final long[] fields = new long[KEY / Long.BYTES];

    /** Digests of keys that are about to be added. */
    private final long[] expected = new long[EXPECTED_MAX];

    /** For each level and each of the first {@link #fetchedCount} of these keys the last node below it, or one before that. */
    private final int[][] fetched = new int[MAX_HEIGHT][EXPECTED_MAX];

    private int fetchedCount;

    /** How many of them have been added, or passed over. */
    private int fetchedUsed;

    /** Written before the entry is visible to anybody, who thereby sees it. */
    private final long[] filter;

    private long used;
    private long seed = 0x9E3779B97F4A7C15L;
    private int count;
    private volatile int entries;
    private volatile long usedBytes;
    private volatile RangeTombstones rangeTombstones = RangeTombstones.NONE;
    private long rangeKeyBytes;

    /**
     * Makes one in which nothing is.
     *
     * @param memory 4 KiB to 1 GiB, aligned to 8 bytes; the memtable's alone as long as it or a reader of it is in use
     * @param usualPrefix what most index keys are expected to begin with, such as another one's {@link #usualPrefix()}, so that they are found
     *     fast; any key may be added
     */
    public Memtable(MemorySegment memory, byte[] usualPrefix) {
        if (memory.byteSize() > 8L << NODE_BITS) {
            throw new IllegalArgumentException("a memtable of " + memory.byteSize() + " bytes cannot be addressed");
        }
        this.memory = memory;
        this.usualPrefix = usualPrefix.clone();
        this.filter = new long[(int) Long.highestOneBit(Math.max(1, memory.byteSize() / FILTERED_BYTES))];
        long head = HEAD * 8L;
        for (int level = 0; level < MAX_HEIGHT; level++) {
            LINK.setRelease(memory, linkAt(HEAD, level), 0L);
        }
        used = head + KEY;
    }

    /** How much memory surely suffices for one entry. */
    public static int bytesFor(int keyLength, int inlineBytes) {
        return 8 * (HEAD + 1 + MAX_HEIGHT) + 2 * KEY + keyLength + inlineBytes;
    }

    private static long linkAt(int node, int level) {
        return 8L * (node - level - 1);
    }

    /**
     * Says that a key will be added soon, for {@link #fetch}.
     *
     * @param number which of them it is: 0 to {@link #EXPECTED_MAX} - 1
     */
    public void expect(int number, byte[] indexKey, int keyLength) {
        expected[number] = digest(indexKey, keyLength);
        fetchedCount = 0;
    }

    /**
     * Walks the ways to the first {@code count} expected keys; those that are then added in this order begin where it ended. It walks them in step:
     * where one waits for memory the others go on, so that the processor waits for all of them at once (group prefetching: Chen, Ailamaki,
     * Gibbons, Mowry, "Improving hash join performance through prefetching", 2004).
     */
    public void fetch(int count) {
        int[] above = null;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int[] walked = fetched[level];
            if (above == null) {
                Arrays.fill(walked, 0, count, HEAD);
            } else {
                System.arraycopy(above, 0, walked, 0, count);
            }
            boolean moved = true;
            while (moved) {
                moved = false;
                for (int i = 0; i < count; i++) {
                    long link = link(walked[i], level);
                    if (link != 0 && link >>> NODE_BITS < expected[i]) {
                        walked[i] = (int) link & NODE_MASK;
                        moved = true;
                    }
                }
            }
            above = walked;
        }
        fetchedCount = count;
        fetchedUsed = 0;
    }

    /** The next of the fetched keys with this digest; negative if there is none. */
    private int nextFetched(long digest) {
        while (fetchedUsed < fetchedCount) {
            int number = fetchedUsed++;
            if (expected[number] == digest) {
                return number;
            }
        }
        return -1;
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
        long at = ((used + 7) & ~7L) + 8L * height;
        long size = KEY + (long) keyLength + inline;
        if (at + size > memory.byteSize()) {
            return false;
        }
        long head = IndexKey.head(indexKey, keyLength);
        fields[0] = head;
        fields[REVISION / Long.BYTES] = revision;
        fields[KEY_LENGTH / Long.BYTES] = keyLength | (long) valueLength << 32;
        fields[POSITION / Long.BYTES] = position;
        fields[CHECKSUM / Long.BYTES] = (checksum & 0xffffffffL) | (kind & 0xffL) << 32;
        MemorySegment.copy(fields, 0, memory, LONG, at, fields.length);
        long bytes = at + KEY;
        MemorySegment.copy(indexKey, 0, memory, BYTE, bytes, keyLength);
        if (inline > 0 && value != null) {
            MemorySegment.copy(
                    MemorySegment.ofBuffer(value.duplicate().clear()), valueOffset, memory, bytes + keyLength, inline);
        }
        used = at + size;
        usedBytes = used;
        long hash = BloomFilter.hash(indexKey, keyLength);
        filter[word(hash)] |= bits(hash);
        long digest = digest(indexKey, keyLength);
        findPath(digest, head, indexKey, keyLength, revision);
        link(at, height, digest);
        return true;
    }

    /**
     * Adds a range tombstone.
     *
     * @param start first index key that was removed
     * @param end first index key beyond, above {@code start}
     * @return false if there is no room for one more; then nothing was changed
     */
    public boolean addRangeTombstone(byte[] start, byte[] end, long revision) {
        RangeTombstones before = rangeTombstones;
        long bytes = rangeKeyBytes + start.length + end.length;
        if (!before.isEmpty()
                && (bytes > memory.byteSize() / RANGE_TOMBSTONES_DIVISOR || before.count() >= MAX_RANGE_TOMBSTONES)) {
            return false;
        }
        rangeTombstones = before.with(start, end, revision);
        rangeKeyBytes = bytes;
        return true;
    }

    /** The range tombstones; they may hold some of writes that are not yet visible. */
    public RangeTombstones rangeTombstones() {
        return rangeTombstones;
    }

    private void link(long at, int height, long digest) {
        int node = (int) (at >>> 3);
        for (int level = 0; level < height; level++) {
            LINK.set(memory, linkAt(node, level), link(path[level], level));
        }
        long link = digest << NODE_BITS | node;
        for (int level = 0; level < height; level++) {
            LINK.setRelease(memory, linkAt(path[level], level), link);
        }
        entries = ++count;
    }

    /**
     * What a link says of a key: whether it comes before all keys that begin with the usual prefix, is one of them, or comes behind; how soon it
     * differs from the prefix, if it does; and how it goes on from there, or behind the prefix. Orders keys as they are ordered, or makes them
     * equal.
     */
    long digest(byte[] indexKey, int keyLength) {
        int compared = Math.min(keyLength, usualPrefix.length);
        int differs = Arrays.mismatch(indexKey, 0, compared, usualPrefix, 0, usualPrefix.length);
        if (differs < 0) {
            return WITH_PREFIX
                    | IndexKey.head(indexKey, usualPrefix.length, keyLength) >>> (Long.SIZE - DIGEST_KEY_BITS);
        }
        boolean below = differs == keyLength || Byte.compareUnsigned(indexKey[differs], usualPrefix[differs]) < 0;
        int from = Math.min(differs, DIFFERS_MAX);
        long nearness = below ? from : DIFFERS_MAX - from;
        long bits = IndexKey.head(indexKey, from, keyLength) >>> (Long.SIZE - DIGEST_OTHER_BITS);
        return (below ? BELOW_PREFIX : ABOVE_PREFIX) | nearness << DIGEST_OTHER_BITS | bits;
    }

    private int randomHeight() {
        seed ^= seed << 13;
        seed ^= seed >>> 7;
        seed ^= seed << 17;
        return Math.min(MAX_HEIGHT, 1 + Long.numberOfTrailingZeros(seed | (1L << 40)) / 2);
    }

    private long link(int node, int level) {
        return (long) LINK.getAcquire(memory, linkAt(node, level));
    }

    private int nextOf(int node, int level) {
        return (int) link(node, level) & NODE_MASK;
    }

    /**
     * Fills {@link #path} with the last node below the given place at each level. Of a fetched key a level begins where its search ended, as long as
     * that is where the level above ended: it knows no more of a key than links say, and stops before the first of those that they say the same of.
     */
    private void findPath(long digest, long head, byte[] indexKey, int keyLength, long revision) {
        int number = nextFetched(digest);
        int node = HEAD;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            node = number < 0 ? node : fetched[level][number];
            long link = link(node, level);
            while (isBelow(link, digest, head, indexKey, keyLength, revision)) {
                node = (int) link & NODE_MASK;
                link = link(node, level);
                number = -1;
            }
            path[level] = node;
        }
    }

    /** The last node below (key, revision), or the head. */
    private int findLess(byte[] indexKey, int keyLength, long revision) {
        long head = IndexKey.head(indexKey, keyLength);
        long digest = digest(indexKey, keyLength);
        int node = HEAD;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            long link = link(node, level);
            while (isBelow(link, digest, head, indexKey, keyLength, revision)) {
                node = (int) link & NODE_MASK;
                link = link(node, level);
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
        long digest = digest(indexKey, keyLength);
        int node = HEAD;
        long link = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            link = link(node, level);
            while (isBelow(link, digest, head, indexKey, keyLength, revision)) {
                node = (int) link & NODE_MASK;
                link = link(node, level);
            }
        }
        return (int) link & NODE_MASK;
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

    /** True if a link leads to a node that comes before (key, revision) in index order. */
    private boolean isBelow(long link, long digest, long head, byte[] indexKey, int keyLength, long revision) {
        if (link == 0) {
            return false;
        }
        long theirs = link >>> NODE_BITS;
        return theirs == digest
                ? compare((int) link & NODE_MASK, head, indexKey, keyLength, revision) < 0
                : theirs < digest;
    }

    /** Compares a node with (key, revision) in index order. */
    private int compare(int node, long head, byte[] indexKey, int keyLength, long revision) {
        long at = 8L * node;
        int byHead = Long.compareUnsigned(memory.get(LONG, at), head);
        if (byHead != 0) {
            return byHead;
        }
        int byKey = compareKeys(at, indexKey, keyLength);
        return byKey != 0 ? byKey : Long.compare(revision, memory.get(LONG, at + REVISION));
    }

    private int compareKeys(long at, byte[] indexKey, int keyLength) {
        int length = memory.get(INT, at + KEY_LENGTH);
        long bytes = at + KEY;
        int common = Math.min(length, keyLength);
        for (int i = Math.min(8, common); i < common; i++) {
            int difference = Byte.compareUnsigned(memory.get(BYTE, bytes + i), indexKey[i]);
            if (difference != 0) {
                return difference;
            }
        }
        return Integer.compare(length, keyLength);
    }

    private int word(long hash) {
        return (int) (hash >>> 32) & (filter.length - 1);
    }

    private static long bits(long hash) {
        return 1L << hash | 1L << (hash >>> 6) | 1L << (hash >>> 12) | 1L << (hash >>> 18);
    }

    /** False if no key with this hash is there. */
    boolean mayContain(long hash) {
        long bits = bits(hash);
        return (filter[word(hash)] & bits) == bits;
    }

    /** The newest entry of a key whose revision is at most {@code maxRevision}, or null. */
    public @Nullable IndexEntry get(byte[] indexKey, long maxRevision) {
        return get(indexKey, BloomFilter.hash(indexKey, indexKey.length), maxRevision);
    }

    /**
     * The same.
     *
     * @param hash {@link BloomFilter#hash} of the index key
     */
    public @Nullable IndexEntry get(byte[] indexKey, long hash, long maxRevision) {
        if (!mayContain(hash)) {
            return null;
        }
        int node = findCeiling(indexKey, indexKey.length, maxRevision);
        if (node == 0) {
            return null;
        }
        long at = 8L * node;
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
            MemorySegment.copy(memory, BYTE, at + KEY + memory.get(INT, at + KEY_LENGTH), value, 0, valueLength);
        }
        return new IndexEntry(
                kind,
                memory.get(LONG, at + REVISION),
                memory.get(LONG, at + POSITION),
                valueLength,
                memory.get(INT, at + CHECKSUM),
                value);
    }

    /**
     * Some keys, chosen at random, in their order: those of the highest level of the skip list that has enough nodes.
     *
     * @param atLeast how many nodes are wanted; a key with several entries may have some of them
     * @return index keys, none twice: about four times as many at most, and all of them if there are fewer
     */
    public List<byte[]> sample(int atLeast) {
        List<byte[]> keys = List.of();
        for (int level = MAX_HEIGHT - 1; level >= 0 && keys.size() < atLeast; level--) {
            keys = keysAt(level);
        }
        return keys;
    }

    /** What most of the index keys begin with; if there are too few to tell, what was expected of them. */
    public byte[] usualPrefix() {
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int nodes = 0;
            for (int node = nextOf(HEAD, level); node != 0; node = nextOf(node, level)) {
                nodes++;
            }
            if (nodes >= PREFIX_SAMPLE) {
                List<byte[]> keys = keysAt(level);
                return IndexKey.usualPrefix(keys, keys);
            }
        }
        return usualPrefix.clone();
    }

    private List<byte[]> keysAt(int level) {
        List<byte[]> keys = new ArrayList<>();
        for (int node = nextOf(HEAD, level); node != 0; node = nextOf(node, level)) {
            long at = 8L * node;
            byte[] key = new byte[memory.get(INT, at + KEY_LENGTH)];
            MemorySegment.copy(memory, BYTE, at + KEY, key, 0, key.length);
            if (keys.isEmpty() || !Arrays.equals(keys.getLast(), key)) {
                keys.add(key);
            }
        }
        return keys;
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
            long at = 8L * node;
            keyLength = memory.get(INT, at + KEY_LENGTH);
            if (keyLength > key.length) {
                key = new byte[Math.max(keyLength, 2 * key.length)];
            }
            MemorySegment.copy(memory, BYTE, at + KEY, key, 0, keyLength);
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
            return memory.get(LONG, 8L * node + REVISION);
        }

        @Override
        public IndexEntry entry() {
            return entryAt(8L * node);
        }
    }
}
