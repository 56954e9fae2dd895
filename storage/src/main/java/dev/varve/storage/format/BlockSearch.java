package dev.varve.storage.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds one key in a block built by {@link BlockBuilder}, in place: no key is put together, since it suffices to know how many
 * bytes of the target the key before had in common: a key that shares more than those with it stands to the target as that one did.
 *
 * <p>The bytes may change while they are searched (see {@code BlockCache}), so no length is trusted: nonsense ends in an
 * {@link IllegalArgumentException} or {@link IndexOutOfBoundsException}, never in a loop without end or in memory without bound. What was
 * found counts only if the bytes turn out not to have changed. Reusable; not thread-safe.
 */
public final class BlockSearch {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Where the seventh bit of a varint's last byte would overflow an int. */
    private static final int MAX_SHIFT = 28;

    private final byte[] none = new byte[0];
    private ByteBuffer block = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private int base;
    private int end;
    private byte[] target = none;
    private int targetLength;

    /** Where the next entry begins. */
    private int next;

    /** Where {@link #varint} stopped. */
    private int at;

    private int shared;
    private int unshared;
    private int payloadStart;
    private int payloadLength;
    private boolean exact;

    /**
     * Moves to the first entry whose key is at least the target.
     *
     * @param bytes little-endian; its position and limit are changed by {@link #payload}
     * @param from where in it the block begins
     * @param length of the block
     * @param key the target, from index 0 to {@code keyLength}; must not change until the search is over
     * @return false if there is none
     */
    public boolean seek(ByteBuffer bytes, int from, int length, byte[] key, int keyLength) {
        block = bytes.clear();
        base = from;
        target = key;
        targetLength = keyLength;
        int restarts = length < 4 ? -1 : bytes.getInt(from + length - 4);
        if (restarts < 0 || restarts > (length - 4) / 4) {
            throw new IllegalArgumentException("it does not end in its restarts");
        }
        end = from + length - 4 - 4 * restarts;
        if (restarts == 0) {
            next = end;
            return false;
        }
        int low = 0;
        int high = restarts - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            toRestart(middle);
            parse();
            int common = common(at, unshared, 0);
            if (isBelow(common, common, unshared)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        toRestart(low);
        return walk();
    }

    private void toRestart(int i) {
        int offset = block.getInt(end + 4 * i);
        if (offset < 0 || offset > end - base) {
            throw new IllegalArgumentException("a restart points outside");
        }
        next = base + offset;
    }

    private boolean walk() {
        int matched = 0;
        int length = 0;
        while (next < end) {
            parse();
            if (shared > length) {
                throw new IllegalArgumentException("a key shares more than there is");
            }
            length = shared + unshared;
            exact = false;
            if (shared <= matched) { // Fewer, if it lies behind the target, or is written out.
                int common = common(at, unshared, shared);
                matched = shared + common;
                if (!isBelow(matched, common, unshared)) {
                    exact = matched == targetLength && common == unshared;
                    return true;
                }
            }
        }
        return false;
    }

    /** True if the key lies below the target: both are alike in {@code matched} bytes, {@code common} of them of the unshared ones. */
    private boolean isBelow(int matched, int common, int keyRest) {
        if (matched == targetLength) {
            return false;
        }
        return common == keyRest || Byte.compareUnsigned(block.get(at + common), target[matched]) < 0;
    }

    /** How many bytes from {@code from} on, at most {@code length}, are like those of the target from {@code skip} on. */
    private int common(int from, int length, int skip) {
        int most = Math.min(length, targetLength - skip);
        int i = 0;
        for (; i + Long.BYTES <= most; i += Long.BYTES) {
            long difference = block.getLong(from + i) ^ (long) LONG.get(target, skip + i);
            if (difference != 0) {
                return i + (Long.numberOfTrailingZeros(difference) >>> 3);
            }
        }
        while (i < most && block.get(from + i) == target[skip + i]) {
            i++;
        }
        return i;
    }

    /** Reads the lengths of the entry at {@link #next}; the unshared bytes of its key then begin at {@link #at}. */
    private void parse() {
        at = next;
        shared = varint();
        unshared = varint();
        payloadLength = varint();
        if (unshared > end - at || payloadLength > end - at - unshared) {
            throw new IllegalArgumentException("an entry reaches beyond the end");
        }
        payloadStart = at + unshared;
        next = payloadStart + payloadLength;
    }

    private int varint() {
        int b = block.get(at++);
        if (b >= 0) {
            return b;
        }
        int value = b & 0x7f;
        for (int shift = 7; shift <= MAX_SHIFT; shift += 7) {
            b = block.get(at++);
            value |= (b & 0x7f) << shift;
            if (b >= 0 && value >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a length is impossible");
    }

    /** Moves to the next entry if it has the target's key, as the entry where the search stands must have; else false. */
    public boolean nextVersion() {
        if (next >= end) {
            return false;
        }
        block.clear();
        parse();
        exact = shared <= targetLength && unshared == targetLength - shared && common(at, unshared, shared) == unshared;
        return exact;
    }

    /** True if the key is the target. */
    public boolean isExact() {
        return exact;
    }

    /** True if there is no entry behind this one. */
    public boolean isLast() {
        return next >= end;
    }

    /** The payload, from position to limit of the buffer that is searched; until the next call. */
    public ByteBuffer payload() {
        return block.clear().limit(payloadStart + payloadLength).position(payloadStart);
    }
}
