package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockSearch;
import dev.varve.storage.format.VarInt;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Looks keys up in blocks, where they lie in the cache, or in memory of its own if they have just been read. Reused from one look-up to the
 * next, so that a look-up makes no garbage. Not thread-safe.
 *
 * <p>What {@link #seek} and {@link #payload} tell counts only if {@link #holds} is true afterwards; else the block is to be opened again.
 */
final class BlockAccess {

    private static final int LARGEST_KEPT = 64 << 10;

    private final BlockCache cache;
    private final @Nullable ByteBuffer[] views;
    private final BlockSearch search = new BlockSearch();
    private ByteBuffer own = memory(BlockCache.FRAME_BYTES + BlockBuilder.TRAILER_BYTES);
    private final ByteBuffer spare = memory(BlockCache.FRAME_BYTES);
    private long ticket;
    private ByteBuffer bytes = own;
    private int base;
    private int length;
    private long dataOffset;
    private int dataLength;
    private boolean cold;

    BlockAccess(BlockCache cache) {
        this.cache = cache;
        this.views = new ByteBuffer[cache.chunkCount()];
    }

    private static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer view(long frame) {
        int chunk = BlockCache.chunkOf(frame);
        ByteBuffer view = views[chunk];
        if (view == null) {
            view = cache.memory(chunk).duplicate().order(ByteOrder.LITTLE_ENDIAN);
            views[chunk] = view;
        }
        return view;
    }

    /**
     * Goes to a block.
     *
     * @param resident true to look only at what is in memory
     * @return false if {@code resident} is set and the device is needed
     */
    boolean open(BlockFile file, long offset, int size, boolean resident) throws IOException {
        ticket = cache.find(file.name().id(), offset);
        if (ticket != BlockCache.NONE) {
            bytes = view(ticket);
            base = BlockCache.frameOf(ticket);
            length = cache.lengthOf(ticket);
            return true;
        }
        if (size > own.capacity()) {
            own = memory(size);
        } else if (own.capacity() > LARGEST_KEPT) {
            own = memory(Math.max(size, BlockCache.FRAME_BYTES + BlockBuilder.TRAILER_BYTES));
        }
        ByteBuffer block = file.load(offset, size, own, spare, resident);
        if (block == null) {
            return false;
        }
        bytes = block;
        base = 0;
        length = block.limit();
        return true;
    }

    /** Moves to the first entry whose key is at least the target; see {@link BlockSearch}. */
    boolean seek(byte[] key, int keyLength) {
        return search.seek(bytes, base, length, key, keyLength);
    }

    /** Moves to the next entry if it has the same key. */
    boolean nextVersion() {
        return search.nextVersion();
    }

    /** True if there is no entry behind the one where the search stands. */
    boolean isAtEnd() {
        return search.isLast();
    }

    /** True if the entry has the key that was looked for. */
    boolean isExact() {
        return search.isExact();
    }

    /** The payload of the entry. */
    ByteBuffer payload() {
        return search.payload();
    }

    /**
     * Goes down the index to the data block that has the first entry at or behind a key, which {@link #dataOffset} and
     * {@link #dataLength} then tell.
     *
     * @param resident true to look only at what is in memory
     * @return false if there is none, or if {@code resident} is set and the device is needed: {@link #isCold} tells which
     */
    boolean descend(OpenTable table, byte[] key, int keyLength, boolean resident) throws IOException {
        dataOffset = table.footer().root().offset();
        dataLength = table.footer().root().length();
        cold = false;
        for (int level = table.footer().indexLevels(); level > 0; ) {
            if (!open(table.blocks(), dataOffset, dataLength, resident)) {
                cold = true;
                return false;
            }
            long at = dataOffset;
            try {
                boolean found = seek(key, keyLength);
                ByteBuffer handle = found ? payload() : own;
                long offset = found ? VarInt.get(handle) : 0;
                int size = found ? VarInt.getInt(handle, Integer.MAX_VALUE) : 0;
                if (!holds()) {
                    continue;
                }
                if (!found) {
                    return false;
                }
                table.blocks().check(offset, size, at);
                dataOffset = offset;
                dataLength = size;
                level--;
            } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException e) {
                if (holds()) {
                    throw table.blocks().damaged(at, e.getMessage());
                }
            }
        }
        return true;
    }

    /** Where the data block stands. */
    long dataOffset() {
        return dataOffset;
    }

    /** Length of the data block, trailer included. */
    int dataLength() {
        return dataLength;
    }

    /** True if the last descent ended for lack of a block in memory. */
    boolean isCold() {
        return cold;
    }

    /** True if the block has not changed since it was opened. */
    boolean holds() {
        return ticket == BlockCache.NONE || cache.holds(ticket);
    }
}
