package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Walks a block built by {@link BlockBuilder}. The block's checksum has been verified, but no length is trusted all the same.
 * Reusable; not thread-safe.
 */
public final class BlockCursor {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Where the seventh bit of a varint's last byte would overflow an int. */
    private static final int MAX_SHIFT = 28;

    private FileName file;

    /** The block is in this array, from {@link #base} on; offsets are counted from there. */
    private byte[] bytes = NOTHING.array();

    private int base;
    private ByteBuffer payload = NOTHING;
    private long offset;
    private int restarts;
    private int entriesEnd;
    private byte[] key = new byte[64];
    private int keyLength;
    private int entryStart;
    private int nextEntry;
    private int payloadStart;
    private int payloadLength;

    /** Where {@link #varint} stopped. */
    private int at;

    /**
     * A cursor on a block.
     *
     * @param block a block without its trailer, in an array, from index 0 to the limit; shared, it is not changed
     * @param file where it comes from, for errors
     * @param offset where in the file it begins
     * @throws CorruptionException if it is not a block
     */
    public BlockCursor(ByteBuffer block, FileName file, long offset) throws CorruptionException {
        this(file);
        reset(block, offset);
    }

    /** A cursor without a block, for {@link #reset}. */
    public BlockCursor(FileName file) {
        this.file = file;
    }

    /** Is for blocks of another file from now on. The cursor then has no entry. */
    public void moveTo(FileName newFile) {
        file = newFile;
        restarts = 0;
        entriesEnd = 0;
        nextEntry = 0;
    }

    /** Goes to another block of the file, as in the constructor. The cursor then has no entry. */
    public void reset(ByteBuffer newBlock, long newOffset) throws CorruptionException {
        bytes = newBlock.array();
        payload = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        base = newBlock.arrayOffset();
        offset = newOffset;
        int limit = newBlock.limit();
        restarts = limit < 4 ? -1 : payload.clear().getInt(base + limit - 4);
        if (restarts < 0 || restarts > (limit - 4) / 4) {
            throw damaged("it does not end in its restarts");
        }
        entriesEnd = limit - 4 - 4 * restarts;
        keyLength = 0;
        entryStart = 0;
        nextEntry = 0;
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

    private int restart(int i) {
        return payload.clear().getInt(base + entriesEnd + 4 * i);
    }

    private void toRestart(int i) throws CorruptionException {
        nextEntry = restart(i);
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
        at = base + entryStart;
        int shared = varint();
        int unshared = varint();
        payloadLength = varint();
        if ((long) unshared + payloadLength > base + entriesEnd - at) {
            throw damaged("an entry reaches beyond the end");
        }
        if (shared > keyLength) {
            throw damaged("a key shares more than there is");
        }
        if (shared + unshared > key.length) {
            key = Arrays.copyOf(key, Math.max(shared + unshared, 2 * key.length));
        }
        System.arraycopy(bytes, at, key, shared, unshared);
        keyLength = shared + unshared;
        payloadStart = at - base + unshared;
        nextEntry = payloadStart + payloadLength;
        return true;
    }

    private int varint() throws CorruptionException {
        int end = base + entriesEnd;
        int value = 0;
        for (int shift = 0; shift <= MAX_SHIFT && at < end; shift += 7) {
            int b = bytes[at++];
            value |= (b & 0x7f) << shift;
            if (b >= 0 && value >= 0) {
                return value;
            }
        }
        throw damaged("a length is impossible");
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
            if (restart(middle) < target) {
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

    /** The payload of the entry, from position to limit; valid until the next move. */
    public ByteBuffer payload() {
        return payload.clear().limit(base + payloadStart + payloadLength).position(base + payloadStart);
    }

    /** An error about the current entry. */
    public CorruptionException damagedEntry(String reason) {
        return damaged("at " + entryStart + ": " + reason);
    }
}
