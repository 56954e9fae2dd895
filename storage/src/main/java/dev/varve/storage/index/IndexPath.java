package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The way from the root of a table's index to a data block, with a copy of each index block on it. Not thread-safe. */
final class IndexPath {

    private static final long NONE = -1;

    private OpenTable table;
    private final BlockCursor[] levels;
    private final ByteBuffer[] copies;

    /** Where the block of each level begins in the file; {@link #NONE} if there is none yet. */
    private final long[] offsets;

    /** The data block to which the path leads. */
    private @Nullable BlockHandle data;

    IndexPath(OpenTable table) {
        this.table = table;
        this.levels = new BlockCursor[table.footer().indexLevels()];
        this.copies = new ByteBuffer[levels.length];
        this.offsets = new long[levels.length];
        Arrays.fill(offsets, NONE);
        for (int i = 0; i < levels.length; i++) {
            levels[i] = new BlockCursor(table.blocks().name());
            copies[i] = ByteBuffer.allocate(BlockCache.FRAME_BYTES + BlockBuilder.TRAILER_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Is for another table from now on, and leads nowhere; false if its index has another number of levels. */
    boolean moveTo(OpenTable other) {
        if (other.footer().indexLevels() != levels.length) {
            return false;
        }
        table = other;
        data = null;
        Arrays.fill(offsets, NONE);
        for (BlockCursor level : levels) {
            level.moveTo(other.blocks().name());
        }
        return true;
    }

    /** The data block where the path ends. */
    BlockHandle data() {
        if (data == null) {
            throw new IllegalStateException("the path leads nowhere");
        }
        return data;
    }

    /** The last key of the data block where the path ends. */
    byte[] lastKey() {
        BlockCursor lowest = levels[levels.length - 1];
        return Arrays.copyOf(lowest.keyBytes(), lowest.keyLength());
    }

    private BlockCursor open(int level, BlockHandle handle) throws IOException {
        if (offsets[level] != handle.offset()) {
            offsets[level] = NONE;
            levels[level].reset(table.blocks().copy(handle.offset(), handle.length(), copies[level]), handle.offset());
            offsets[level] = handle.offset();
        }
        return levels[level];
    }

    private BlockHandle handle(BlockCursor index) throws CorruptionException {
        try {
            BlockHandle handle = BlockHandle.get(index.payload());
            if (handle.fits(table.blocks().sizeBytes())) {
                return handle;
            }
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw index.damagedEntry(String.valueOf(e.getMessage()));
        }
        throw index.damagedEntry("a block handle points outside the table");
    }

    /** Leads to the first data block; false if there is none. */
    boolean first() throws IOException {
        return down(0, table.footer().root(), true);
    }

    /** Leads to the last data block; false if there is none. */
    boolean last() throws IOException {
        return down(0, table.footer().root(), false);
    }

    private boolean down(int from, BlockHandle root, boolean first) throws IOException {
        BlockHandle handle = root;
        for (int i = from; i < levels.length; i++) {
            BlockCursor index = open(i, handle);
            if (!(first ? index.first() : index.last())) {
                data = null;
                return false;
            }
            handle = handle(index);
        }
        data = handle;
        return true;
    }

    /** Leads to the data block at {@code offset}, which has the key. */
    void lead(byte[] key, int keyLength, long offset) throws IOException {
        BlockHandle handle = table.footer().root();
        for (int i = 0; i < levels.length; i++) {
            BlockCursor index = open(i, handle);
            if (!index.seek(key, keyLength)) {
                throw table.blocks().damaged(handle.offset(), "it lacks a key of the blocks below");
            }
            handle = handle(index);
        }
        data = handle;
        while (data().offset() != offset) { // The versions of one key may fill several blocks.
            if (!next()) {
                throw table.blocks().damaged(offset, "the index does not lead to it");
            }
        }
    }

    /** Leads to the next data block; false if there is none. */
    boolean next() throws IOException {
        int i = levels.length - 1;
        while (i >= 0 && !levels[i].next()) {
            i--;
        }
        return i >= 0 && down(i + 1, handle(levels[i]), true);
    }

    /** Leads to the data block before; false if there is none. */
    boolean previous() throws IOException {
        int i = levels.length - 1;
        while (i >= 0 && !levels[i].previous()) {
            i--;
        }
        return i >= 0 && down(i + 1, handle(levels[i]), false);
    }
}
