package dev.varve.storage.format;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Walks a block built by {@link BlockBuilder}. The block's checksum has been verified, but no length is trusted all the same.
 * Not thread-safe.
 */
public final class BlockCursor {

    private final ByteBuffer block;
    private final FileName file;
    private final long offset;
    private final int restarts;
    private final int entriesEnd;
    private byte[] key = new byte[64];
    private int keyLength;
    private int entryStart;
    private int nextEntry;
    private int payloadStart;
    private int payloadLength;

    /**
     * @param block a block without its trailer, from index 0 to the limit; shared, it is not changed
     * @param file where it comes from, for errors
     * @param offset where in the file it begins
     * @throws CorruptionException if it is not a block
     */
    public BlockCursor(ByteBuffer block, FileName file, long offset) throws CorruptionException {
        this.block = block.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.file = file;
        this.offset = offset;
        int limit = block.limit();
        this.restarts = limit < 4 ? -1 : this.block.getInt(limit - 4);
        if (restarts < 0 || restarts > (limit - 4) / 4) {
            throw damaged("it does not end in its restarts");
        }
        this.entriesEnd = limit - 4 - 4 * restarts;
    }

    private CorruptionException damaged(String reason) {
        return new CorruptionException(file.toString(), offset, "a block is not well formed: " + reason);
    }

    /** Moves to the first entry; false if there is none. */
    public boolean first() throws CorruptionException {
        nextEntry = 0;
        keyLength = 0;
        return next();
    }

    /** Moves to the last entry; false if there is none. */
    public boolean last() throws CorruptionException {
        if (restarts == 0) {
            return false;
        }
        toRestart(restarts - 1);
        boolean found = next();
        while (found && nextEntry < entriesEnd) {
            found = next();
        }
        return found;
    }

    /** Moves to the first entry whose key is at least {@code target}; false if there is none. */
    public boolean seek(byte[] target, int length) throws CorruptionException {
        int low = 0;
        int high = restarts - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            toRestart(middle);
            if (next() && compare(target, length) < 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (restarts > 0) {
            toRestart(low);
        } else {
            nextEntry = entriesEnd;
        }
        while (next()) {
            if (compare(target, length) >= 0) {
                return true;
            }
        }
        return false;
    }

    private int compare(byte[] target, int length) {
        return Arrays.compareUnsigned(key, 0, keyLength, target, 0, length);
    }

    private void toRestart(int i) throws CorruptionException {
        nextEntry = block.getInt(entriesEnd + 4 * i);
        if (nextEntry < 0 || nextEntry > entriesEnd) {
            throw damaged("a restart points outside");
        }
        keyLength = 0;
    }

    /** Moves to the next entry; false if there is none. */
    public boolean next() throws CorruptionException {
        if (nextEntry >= entriesEnd) {
            return false;
        }
        entryStart = nextEntry;
        try {
            ByteBuffer b = block.position(entryStart).limit(entriesEnd);
            int shared = VarInt.getInt(b, keyLength);
            int unshared = VarInt.getInt(b, entriesEnd);
            payloadLength = VarInt.getInt(b, entriesEnd);
            if ((long) unshared + payloadLength > b.remaining()) {
                throw damaged("an entry reaches beyond the end");
            }
            if (shared + unshared > key.length) {
                key = Arrays.copyOf(key, Math.max(shared + unshared, 2 * key.length));
            }
            b.get(key, shared, unshared);
            keyLength = shared + unshared;
            payloadStart = b.position();
            nextEntry = payloadStart + payloadLength;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw damaged("an entry cannot be read: " + e.getMessage());
        } finally {
            block.clear();
        }
        return true;
    }

    /** Moves to the previous entry; false if there is none. Costs a walk from the last restart. */
    public boolean previous() throws CorruptionException {
        int target = entryStart;
        if (target == 0) {
            return false;
        }
        int low = 0;
        int high = restarts - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (block.getInt(entriesEnd + 4 * middle) < target) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        toRestart(low);
        boolean found = next();
        while (found && nextEntry < target) {
            found = next();
        }
        return found;
    }

    /** The key stands at the beginning of this array, until the next move. */
    public byte[] keyBytes() {
        return key;
    }

    /** Length of the key. */
    public int keyLength() {
        return keyLength;
    }

    /** The payload of the entry, from position to limit. */
    public ByteBuffer payload() {
        return block.duplicate()
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(payloadStart + payloadLength)
                .position(payloadStart);
    }

    /** An error about the current entry. */
    public CorruptionException damagedEntry(String reason) {
        return damaged("at " + entryStart + ": " + reason);
    }
}
