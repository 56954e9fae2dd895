package dev.varve.storage.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Keyspace and key as one byte string whose unsigned order is that of (keyspace, key): keyspaces 0 to 127 as one byte, others as
 * the byte 0x80 and two bytes, big-endian; then the key.
 */
public final class IndexKey {

    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int WIDE = 0x80;
    private static final int MAX_KEYSPACE = 0xffff;

    private IndexKey() {}

    /**
     * Builds an index key.
     *
     * @param keyspace 0 to 65,535
     */
    public static byte[] of(int keyspace, byte[] key) {
        check(keyspace);
        int prefix = prefixLength(keyspace);
        byte[] indexKey = new byte[prefix + key.length];
        writePrefix(indexKey, keyspace);
        System.arraycopy(key, 0, indexKey, prefix, key.length);
        return indexKey;
    }

    /** An index key above all of a keyspace, and not above any of the next one. */
    public static byte[] endOf(int keyspace) {
        check(keyspace);
        if (keyspace == MAX_KEYSPACE) {
            return new byte[] {(byte) (WIDE + 1)};
        }
        byte[] end = new byte[prefixLength(keyspace + 1)];
        writePrefix(end, keyspace + 1);
        return end;
    }

    private static void check(int keyspace) {
        if (keyspace < 0 || keyspace > MAX_KEYSPACE) {
            throw new IllegalArgumentException(
                    "the keyspace is " + keyspace + ", 0 to " + MAX_KEYSPACE + " are possible");
        }
    }

    /** Bytes that a keyspace takes. */
    public static int prefixLength(int keyspace) {
        return keyspace < WIDE ? 1 : 3;
    }

    /** Writes the keyspace to the beginning of an array and returns how many bytes it took. */
    public static int writePrefix(byte[] target, int keyspace) {
        if (keyspace < WIDE) {
            target[0] = (byte) keyspace;
            return 1;
        }
        target[0] = (byte) WIDE;
        target[1] = (byte) (keyspace >>> 8);
        target[2] = (byte) keyspace;
        return 3;
    }

    /** Bytes that the keyspace takes in this index key. */
    public static int prefixLength(byte[] indexKey) {
        return indexKey[0] >= 0 ? 1 : 3;
    }

    /** The keyspace of an index key. */
    public static int keyspace(byte[] indexKey) {
        return indexKey[0] >= 0
                ? indexKey[0]
                : (Byte.toUnsignedInt(indexKey[1]) << 8) | Byte.toUnsignedInt(indexKey[2]);
    }

    /** The key without its keyspace, from the first {@code length} bytes. */
    public static byte[] key(byte[] indexKey, int length) {
        return Arrays.copyOfRange(indexKey, prefixLength(indexKey), length);
    }

    /** The first eight bytes as a big-endian integer, padded with zeroes: compares (unsigned) like the keys do, or is equal. */
    static long head(byte[] indexKey, int length) {
        return head(indexKey, 0, length);
    }

    /** The same of eight bytes from {@code from} on, of a key that ends at {@code length}. */
    static long head(byte[] indexKey, int from, int length) {
        if (length - from >= Long.BYTES) {
            return (long) BIG_ENDIAN.get(indexKey, from);
        }
        long head = 0;
        for (int i = from; i < length; i++) {
            head |= (indexKey[i] & 0xffL) << (56 - 8 * (i - from));
        }
        return head;
    }

    /**
     * What at least half of some keys begin with.
     *
     * @param smallest in their order the index keys of which some, at least one, are, or the first ones of that many ranges in which they are
     * @param largest as many: the same, or the last ones of the ranges, in their order
     * @return the longest prefix of the middle half of them
     */
    public static byte[] usualPrefix(List<byte[]> smallest, List<byte[]> largest) {
        int outer = smallest.size() / 4;
        byte[] first = smallest.get(outer);
        byte[] last = largest.get(largest.size() - 1 - outer);
        int differs = Arrays.mismatch(first, last);
        return differs < 0 ? first.clone() : Arrays.copyOf(first, differs);
    }
}
