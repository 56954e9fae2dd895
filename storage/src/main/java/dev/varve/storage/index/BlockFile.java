package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileName;
import dev.varve.storage.io.StoreFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads and verifies the blocks of a table's file, and keeps in the cache those that look-ups and cursors ask for. Thread-safe.
 *
 * @param file the file
 * @param name its name
 * @param sizeBytes its size
 * @param cache where blocks are kept
 */
record BlockFile(StoreFile file, FileName name, long sizeBytes, BlockCache cache) implements Closeable {

    /** Reads a block from the file. */
    ByteBuffer read(BlockHandle handle) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(handle.length()).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, handle.offset());
        return BlockBuilder.open(bytes.flip(), name, handle.offset());
    }

    /**
     * Reads a block from the file, and keeps it.
     *
     * @param target takes the bytes; large enough
     * @param spare takes the block if it has to be decompressed and there is room
     * @param resident true to read only what is in memory
     * @return the block, or null if {@code resident} is set and the device is needed
     */
    @Nullable
    ByteBuffer load(long offset, int length, ByteBuffer target, ByteBuffer spare, boolean resident) throws IOException {
        target.clear().limit(length);
        if (!resident) {
            file.read(target, offset);
        } else if (file.readResident(target, offset)) {
            target.position(length);
        } else {
            return null;
        }
        ByteBuffer block = BlockBuilder.open(target.flip(), name, offset, spare);
        cache.add(name.id(), offset, block);
        return block;
    }

    /** A copy of a block, from the cache or the file, in {@code target} if it is large enough. */
    ByteBuffer copy(long offset, int length, ByteBuffer target) throws IOException {
        long ticket;
        while ((ticket = cache.find(name.id(), offset)) != BlockCache.NONE) {
            ByteBuffer copy = fitting(target, BlockCache.FRAME_BYTES);
            int bytes = cache.lengthOf(ticket);
            if (bytes <= copy.capacity()) {
                copy.clear()
                        .put(0, cache.memory(BlockCache.chunkOf(ticket)), BlockCache.frameOf(ticket), bytes)
                        .limit(bytes);
                if (cache.holds(ticket)) {
                    return copy;
                }
            }
        }
        ByteBuffer stored = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer block = load(offset, length, stored, target, false);
        if (block == null) {
            throw new IllegalStateException("a read that may wait found nothing");
        }
        return block;
    }

    private static ByteBuffer fitting(ByteBuffer target, int bytes) {
        return target.capacity() >= bytes
                ? target
                : ByteBuffer.allocate(Math.max(bytes, BlockCache.FRAME_BYTES + BlockBuilder.TRAILER_BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Checks that a handle that was found in the index can be one. */
    void check(long offset, int length, long index) throws CorruptionException {
        if (!new BlockHandle(offset, length).fits(sizeBytes)) {
            throw damaged(index, "a block handle points outside the table");
        }
    }

    /** An error about the contents of the block at an offset. */
    CorruptionException damaged(long offset, @Nullable String reason) {
        return new CorruptionException(name.toString(), offset, "a block is not well formed: " + reason);
    }

    @Override
    public void close() throws IOException {
        file.close();
        cache.forget(name.id());
    }
}
