package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.io.Spares;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Walks a table, on a copy of one data block at a time, so that the cache may give its frame to another block. Positioning by key goes
 * through the index in place; the way there is copied only when the walk leaves the data block. Not thread-safe.
 */
final class TableCursor implements IndexCursor {

    private OpenTable table;
    private final @Nullable ReadAhead readAhead;
    private final BlockCursor data;
    private ByteBuffer copy = ByteBuffer.allocate(BlockCache.FRAME_BYTES + BlockBuilder.TRAILER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    private long dataOffset;
    private @Nullable IndexPath path;

    /** True if {@link #path} leads to the data block. */
    private boolean onPath;

    private boolean positioned;
    private long revision;

    /** @param readAhead reads the data blocks, or null if they come from the cache */
    TableCursor(OpenTable table, @Nullable ReadAhead readAhead) {
        this.table = table;
        this.readAhead = readAhead;
        this.data = new BlockCursor(table.blocks().name());
    }

    /** Is a cursor over another table from now on, and has no entry. Only if it reads by the cache. */
    void moveTo(OpenTable other) {
        if (!other.equals(table)) {
            table = other;
            data.moveTo(other.blocks().name());
            if (path != null && !path.moveTo(other)) {
                path = null;
            }
        }
        positioned = false;
    }

    private void openData(long offset, int length) throws IOException {
        ByteBuffer block;
        if (readAhead != null) {
            block = readAhead.block(offset, length);
        } else {
            block = table.blocks().copy(offset, length, copy);
            copy = block;
        }
        data.reset(block, offset);
        dataOffset = offset;
    }

    private void openData() throws IOException {
        BlockHandle handle = path().data();
        openData(handle.offset(), handle.length());
    }

    private IndexPath path() {
        IndexPath made = path;
        if (made == null) {
            made = new IndexPath(table);
            path = made;
        }
        return made;
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        positioned = false;
        if (table.footer().entries() == 0) {
            return false; // It has range tombstones alone.
        }
        if (indexKey == null) {
            onPath = true;
            if (!path().first()) {
                return false;
            }
            openData();
            return found(data.first());
        }
        onPath = false;
        Spares<BlockAccess> pool = table.blocks().cache().access();
        BlockAccess access = pool.take();
        try {
            if (!access.descend(table, indexKey, indexKey.length, false)) {
                return false;
            }
            openData(access.dataOffset(), access.dataLength());
        } finally {
            pool.giveBack(access);
        }
        return found(data.seek(indexKey, indexKey.length) || nextBlock());
    }

    @Override
    public boolean seekBefore(byte @Nullable [] indexKey) throws IOException {
        if (indexKey != null && seek(indexKey)) {
            return previous();
        }
        positioned = false;
        onPath = true;
        if (!path().last()) {
            return false;
        }
        openData();
        return found(data.last());
    }

    @Override
    public boolean next() throws IOException {
        check();
        return found(data.next() || nextBlock());
    }

    @Override
    public boolean previous() throws IOException {
        check();
        return found(data.previous() || previousBlock());
    }

    private boolean nextBlock() throws IOException {
        findPath();
        if (!path().next()) {
            return false;
        }
        openData();
        return data.first();
    }

    private boolean previousBlock() throws IOException {
        findPath();
        if (!path().previous()) {
            return false;
        }
        openData();
        return data.last();
    }

    private void findPath() throws IOException {
        if (!onPath) {
            path().lead(data.keyBytes(), data.keyLength(), dataOffset);
            onPath = true;
        }
    }

    private void check() {
        if (!positioned) {
            throw new IllegalStateException("the cursor has no entry");
        }
    }

    private boolean found(boolean there) throws CorruptionException {
        positioned = there;
        if (there) {
            try {
                revision = EntryCodec.revision(data.payload());
            } catch (IllegalArgumentException | BufferUnderflowException e) {
                throw data.damagedEntry(String.valueOf(e.getMessage()));
            }
        }
        return there;
    }

    @Override
    public byte[] keyBytes() {
        check();
        return data.keyBytes();
    }

    @Override
    public int keyLength() {
        check();
        return data.keyLength();
    }

    @Override
    public long revision() {
        check();
        return revision;
    }

    @Override
    public IndexEntry entry() throws CorruptionException {
        check();
        try {
            return EntryCodec.get(data.payload(), table.segmentNumbers());
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw data.damagedEntry(String.valueOf(e.getMessage()));
        }
    }
}
