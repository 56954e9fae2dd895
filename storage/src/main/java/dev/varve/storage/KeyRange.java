package dev.varve.storage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An interval of keys in unsigned byte order: from {@code start} (inclusive; null is the first key) to {@code end}
 * (exclusive; null is beyond the last key). A range whose start is not below its end is empty, which is no error.
 *
 * @param start the first key that belongs to the range, or null for no lower bound
 * @param end the first key that no longer belongs to it, or null for no upper bound
 */
public record KeyRange(byte @Nullable [] start, byte @Nullable [] end) {

    private static final KeyRange ALL = new KeyRange(null, null);

    /** Every key. */
    public static KeyRange all() {
        return ALL;
    }

    /** From {@code start} to {@code end}, both inclusive. */
    public static KeyRange closed(byte[] start, byte[] end) {
        return new KeyRange(start, successor(end));
    }

    /** From {@code start} inclusive to {@code end} exclusive. */
    public static KeyRange closedOpen(byte[] start, byte[] end) {
        return new KeyRange(start, end);
    }

    /** From {@code start} inclusive to the last key. */
    public static KeyRange atLeast(byte[] start) {
        return new KeyRange(start, null);
    }

    /** Every key that begins with {@code prefix}; an empty prefix is every key. */
    public static KeyRange prefix(byte[] prefix) {
        return new KeyRange(prefix, prefixEnd(prefix));
    }

    /** The same range without everything up to and including {@code key}. */
    public KeyRange after(byte[] key) {
        byte[] next = successor(key);
        return start != null && Arrays.compareUnsigned(start, next) >= 0 ? this : new KeyRange(next, end);
    }

    /** The same range without {@code key} and everything above it. */
    public KeyRange before(byte[] key) {
        return end != null && Arrays.compareUnsigned(end, key) <= 0 ? this : new KeyRange(start, key);
    }

    /** True if no key can belong to the range. */
    public boolean isEmpty() {
        return start != null && end != null && Arrays.compareUnsigned(start, end) >= 0;
    }

    /** True if {@code key} belongs to the range. */
    public boolean contains(byte[] key) {
        return (start == null || Arrays.compareUnsigned(key, start) >= 0)
                && (end == null || Arrays.compareUnsigned(key, end) < 0);
    }

    /** True if a key can belong to both ranges. */
    public boolean overlaps(KeyRange other) {
        return !isEmpty()
                && !other.isEmpty()
                && (start == null || other.end == null || Arrays.compareUnsigned(start, other.end) < 0)
                && (end == null || other.start == null || Arrays.compareUnsigned(other.start, end) < 0);
    }

    /** The smallest key above {@code key}: the key with a zero byte behind it. */
    public static byte[] successor(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    /** The smallest key above all that begin with {@code prefix}, or null if there is none. */
    private static byte @Nullable [] prefixEnd(byte[] prefix) {
        for (int i = prefix.length - 1; i >= 0; i--) {
            if (prefix[i] != (byte) 0xff) {
                byte[] end = Arrays.copyOf(prefix, i + 1);
                end[i]++;
                return end;
            }
        }
        return null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyRange range && Arrays.equals(start, range.start) && Arrays.equals(end, range.end);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(start) + Arrays.hashCode(end);
    }

    @Override
    public String toString() {
        return "[" + Arrays.toString(start) + ", " + Arrays.toString(end) + ")";
    }
}
