package dev.varve.storage.index;

import dev.varve.storage.io.Spares;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blocks of all tables of a store that are kept in memory, verified and uncompressed, in frames of one size outside the heap. A block
 * that does not fit a frame is never kept.
 *
 * <p><b>What stays.</b> S3-FIFO [1]: a new block joins a small queue (a tenth of the frames). What comes to its head without having been
 * met twice more is dropped, and remembered by its hash as a ghost; the others, and a block that comes back as a ghost, join the main queue, from
 * whose head a block is dropped if nobody has met it since it last came by. So a long scan passes through the small queue and
 * leaves the main one alone, and a hit only counts, up to three: it takes no lock and moves nothing.
 *
 * <p><b>Reading.</b> A reader is given a ticket, reads the frame in place, and then asks whether the ticket still {@link #holds}; if not,
 * the frame has been given to another block meanwhile, what was read is nonsense, and it begins anew. Each frame has a stamp for that, which is
 * odd while the frame is being filled and never comes back [2]. Readers write nothing but the count, so any number of them meet in
 * one block without slowing each other, and none can keep a frame from being reused.
 *
 * <p>Memory is taken by pieces of 1 MiB as blocks come, and given back when the store is no longer reachable: it is
 * never closed under a reader. Besides the frame, a block takes about 80 bytes of heap.
 *
 * <ol>
 *   <li>Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023.
 *   <li>Boehm: "Can seqlocks get along with programming language memory models?", MSPC 2012.
 * </ol>
 *
 * <p>Thread-safe; takes a lock only to put a block in.
 */
public final class BlockCache {

    /** Size of a frame: the largest block that is kept. */
    public static final int FRAME_BYTES = 4 << 10;

    /** What {@link #find} returns if there is no such block. */
    static final long NONE = -1;

    private static final Logger logger = LoggerFactory.getLogger(BlockCache.class);

    private static final int CHUNK_SHIFT = 8;
    private static final int CHUNK_FRAMES = 1 << CHUNK_SHIFT;
    private static final long HIGH_HALF = 0xffffffff00000000L;
    private static final long LOW_HALF = 0xffffffffL;
    private static final int SMALL_DIVISOR = 10;
    private static final int MOST_COUNTED = 3;
    private static final int PROMOTED_FROM = 2;

    /** A chain is as long only while it is being changed; then the block counts as missing. */
    private static final int LONGEST_CHAIN = 64;

    /** Fields of a frame in {@link #frames}. */
    private static final int FIELDS = 4;

    private static final int FILE = 0;
    private static final int OFFSET = 1;
    /** Stamp in the high half, length of the block in the low half. */
    private static final int STATE = 2;
    /** The next frame in the chain, or -1. */
    private static final int NEXT = 3;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    private final int capacity;
    private final @Nullable ByteBuffer[] chunks;

    /** First frame of each chain of blocks with the same hash, plus one; 0 if there is none. */
    private final int[] heads;

    private final long[] frames;

    /** How often a block was met since it last came to the head of its queue; written by readers without care. */
    private final byte[] counts;

    private final Spares<BlockAccess> access = new Spares<>(() -> new BlockAccess(this));
    private final AtomicLong filterBytesLeft;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    /** Frames in use; those from here on are free. Guarded by this. */
    private int used;

    /** Bytes of the blocks that are kept; guarded by this. */
    private long usedBytes;

    /** How many frames may be used; lowered if there is no memory for more. Guarded by this. */
    private int available;

    /** Guarded by this. */
    private final FrameQueue small;

    /** Guarded by this. */
    private final FrameQueue main;

    /** Hashes of blocks that were dropped from the small queue, with the time in the low half; guarded by this. */
    private final long[] ghosts;

    /** How many ghosts there have been; guarded by this. */
    private int ghostTime;

    /**
     * Figures about the cache.
     *
     * @param hits blocks that were there
     * @param misses blocks that were not
     * @param bytes bytes of the blocks that are kept now
     * @param capacityBytes bytes of all frames
     */
    public record Figures(long hits, long misses, long bytes, long capacityBytes) {}

    /** A cache that leaves any memory to filters. */
    BlockCache(long bytes) {
        this(bytes, Long.MAX_VALUE);
    }

    /**
     * @param bytes size of all frames together; below the size of one, nothing is kept
     * @param filterBytes heap for the filters of tables, which stay in memory beside the cache
     */
    public BlockCache(long bytes, long filterBytes) {
        this.filterBytesLeft = new AtomicLong(filterBytes);
        this.capacity = (int) Math.min(bytes / FRAME_BYTES, Integer.MAX_VALUE / 16);
        this.available = capacity;
        this.chunks = new ByteBuffer[(capacity + CHUNK_FRAMES - 1) >>> CHUNK_SHIFT];
        int table = Integer.highestOneBit(Math.max(1, capacity)) << 1;
        this.heads = new int[table];
        this.ghosts = new long[table];
        this.frames = new long[FIELDS * capacity];
        this.counts = new byte[capacity];
        this.small = new FrameQueue(capacity);
        this.main = new FrameQueue(capacity);
    }

    /** Takes memory for the filter of a table; false if there is not so much left. */
    boolean takeFilter(long bytes) {
        return filterBytesLeft.getAndUpdate(left -> left < bytes ? left : left - bytes) >= bytes;
    }

    /** A filter is not in memory any more. */
    void giveBackFilter(long bytes) {
        filterBytesLeft.addAndGet(bytes);
    }

    // ---------------------------------------------------------------------------------------------------- reading

    /**
     * Looks for a block.
     *
     * @param file id of the table
     * @param offset where in its file the block begins
     * @return a ticket for {@link #frameOf}, {@link #lengthOf} and {@link #holds}, or {@link #NONE}
     */
    long find(long file, long offset) {
        int frame = (int) INTS.getAcquire(heads, slot(hash(file, offset))) - 1;
        for (int i = 0; frame >= 0 && i < LONGEST_CHAIN; i++) {
            int at = FIELDS * frame;
            long state = (long) LONGS.getAcquire(frames, at + STATE);
            if (frames[at + FILE] == file && frames[at + OFFSET] == offset && ((state >>> 32) & 1) == 0) {
                int count = counts[frame];
                if (count < MOST_COUNTED) {
                    counts[frame] = (byte) (count + 1);
                }
                hits.increment();
                return (state & HIGH_HALF) | frame;
            }
            frame = (int) (long) LONGS.getOpaque(frames, at + NEXT);
        }
        misses.increment();
        return NONE;
    }

    /** True if everything that was read from the ticket's frame up to now was the block that had been looked for. */
    boolean holds(long ticket) {
        VarHandle.acquireFence();
        long state = (long) LONGS.getOpaque(frames, FIELDS * (int) ticket + STATE);
        return state >>> 32 == ticket >>> 32;
    }

    /** Length of the ticket's block; any number up to the size of a frame if the ticket does not hold. */
    int lengthOf(long ticket) {
        return (int) frames[FIELDS * (int) ticket + STATE];
    }

    /** The piece of memory in which the ticket's frame is: the number of it. */
    static int chunkOf(long ticket) {
        return (int) ticket >>> CHUNK_SHIFT;
    }

    /** Where in that piece of memory the frame begins. */
    static int frameOf(long ticket) {
        return ((int) ticket & (CHUNK_FRAMES - 1)) * FRAME_BYTES;
    }

    /** A piece of memory; shared, so its position and limit stay as they are. */
    ByteBuffer memory(int chunk) {
        ByteBuffer memory = chunks[chunk];
        if (memory == null) {
            throw new IllegalStateException("no frame of piece " + chunk + " has been used");
        }
        return memory;
    }

    /** How many pieces of memory there may be. */
    int chunkCount() {
        return chunks.length;
    }

    /** Memory for look-ups. */
    Spares<BlockAccess> access() {
        return access;
    }

    private static long hash(long file, long offset) {
        long z = file * 0x9E3779B97F4A7C15L + offset;
        z = (z ^ (z >>> 32)) * 0xBF58476D1CE4E5B9L;
        return z ^ (z >>> 29);
    }

    private int slot(long hash) {
        return (int) hash & (heads.length - 1);
    }

    /** What has been counted. */
    public Figures figures() {
        long bytes;
        synchronized (this) {
            bytes = usedBytes;
        }
        return new Figures(hits.sum(), misses.sum(), bytes, (long) capacity * FRAME_BYTES);
    }

    // ---------------------------------------------------------------------------------------------------- filling

    /** Keeps a block that has been verified: what remains in {@code block}. Nothing happens if it is there, or too large. */
    synchronized void add(long file, long offset, ByteBuffer block) {
        int length = block.remaining();
        long hash = hash(file, offset);
        if (length > FRAME_BYTES || available == 0 || contains(slot(hash), file, offset)) {
            return;
        }
        int frame = freeFrame();
        if (frame < 0) {
            return;
        }
        fill(frame, file, offset, block);
        link(slot(hash), frame);
        counts[frame] = 0;
        usedBytes += length;
        (takeGhost(hash) ? main : small).add(frame);
    }

    private boolean contains(int slot, long file, long offset) {
        for (int frame = heads[slot] - 1; frame >= 0; frame = (int) frames[FIELDS * frame + NEXT]) {
            if (frames[FIELDS * frame + FILE] == file && frames[FIELDS * frame + OFFSET] == offset) {
                return true;
            }
        }
        return false;
    }

    /** A frame that nothing points to: a new one, or that of a block that is dropped. Below zero if there is none. */
    private int freeFrame() {
        if (used < available && (chunks[used >>> CHUNK_SHIFT] != null || allocate(used >>> CHUNK_SHIFT))) {
            used++;
            return used - 1;
        }
        return available == 0 ? -1 : evict();
    }

    private boolean allocate(int chunk) {
        int bytes = Math.min(CHUNK_FRAMES, capacity - (chunk << CHUNK_SHIFT)) * FRAME_BYTES;
        try {
            chunks[chunk] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
            return true;
        } catch (OutOfMemoryError e) {
            logger.warn(
                    "the block cache stays at {} bytes of {}: {}",
                    (long) used * FRAME_BYTES,
                    (long) capacity * FRAME_BYTES,
                    e.getMessage());
            available = used;
            return false;
        }
    }

    private void fill(int frame, long file, long offset, ByteBuffer block) {
        int at = FIELDS * frame;
        int stamp = (int) (frames[at + STATE] >>> 32);
        LONGS.setOpaque(frames, at + STATE, (stamp + 1L) << 32);
        VarHandle.releaseFence(); // Whoever sees any of the bytes that follow sees the odd stamp, too.
        frames[at + FILE] = file;
        frames[at + OFFSET] = offset;
        memory(frame >>> CHUNK_SHIFT).put(frameOf(frame), block, block.position(), block.remaining());
        LONGS.setRelease(frames, at + STATE, ((stamp + 2L) << 32) | block.remaining());
    }

    private void link(int slot, int frame) {
        LONGS.setOpaque(frames, FIELDS * frame + NEXT, heads[slot] - 1L);
        INTS.setRelease(heads, slot, frame + 1);
    }

    private void unlink(int frame) {
        int at = FIELDS * frame;
        int slot = slot(hash(frames[at + FILE], frames[at + OFFSET]));
        long following = frames[at + NEXT];
        if (heads[slot] == frame + 1) {
            INTS.setOpaque(heads, slot, (int) following + 1);
            return;
        }
        int before = heads[slot] - 1;
        while (frames[FIELDS * before + NEXT] != frame) {
            before = (int) frames[FIELDS * before + NEXT];
        }
        LONGS.setOpaque(frames, FIELDS * before + NEXT, following);
    }

    /** Drops a block and returns its frame. */
    private int evict() {
        while (true) {
            if (small.size() > available / SMALL_DIVISOR || main.size() == 0) {
                int frame = small.take();
                if (counts[frame] < PROMOTED_FROM) {
                    int at = FIELDS * frame;
                    leaveGhost(hash(frames[at + FILE], frames[at + OFFSET]));
                    return dropped(frame);
                }
                counts[frame] = 0;
                main.add(frame);
            } else {
                int frame = main.take();
                if (counts[frame] == 0) {
                    return dropped(frame);
                }
                counts[frame]--;
                main.add(frame);
            }
        }
    }

    private int dropped(int frame) {
        unlink(frame);
        usedBytes -= (int) frames[FIELDS * frame + STATE];
        return frame;
    }

    private void leaveGhost(long hash) {
        ghostTime++;
        ghosts[slot(hash)] = (hash & HIGH_HALF) | (ghostTime & LOW_HALF);
    }

    private boolean takeGhost(long hash) {
        long ghost = ghosts[slot(hash)];
        boolean known = ghost != 0 && ghost >>> 32 == hash >>> 32 && ghostTime - (int) ghost < available;
        if (known) {
            ghosts[slot(hash)] = 0;
        }
        return known;
    }

    /** The blocks of a file will not be asked for any more: they are the next to be dropped when their turn comes. */
    synchronized void forget(long file) {
        for (int frame = 0; frame < used; frame++) {
            if (frames[FIELDS * frame + FILE] == file) {
                counts[frame] = 0;
            }
        }
    }

    /** A ring of frames. */
    private static final class FrameQueue {

        private final int[] ring;
        private int head;
        private int size;

        FrameQueue(int capacity) {
            this.ring = new int[Integer.highestOneBit(Math.max(1, capacity)) << 1];
        }

        int size() {
            return size;
        }

        void add(int frame) {
            ring[(head + size) & (ring.length - 1)] = frame;
            size++;
        }

        int take() {
            int frame = ring[head];
            head = (head + 1) & (ring.length - 1);
            size--;
            return frame;
        }
    }
}
