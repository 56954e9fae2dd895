package dev.varve.bench.harness;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Keys and values that follow from a number, so that whatever is read can be compared in full with what was written, and nothing
 * needs to be remembered.
 *
 * <p>A record has a rank: its place in the order of the keys. A key has 16 to 24 bytes, of which the first 8 are spread evenly
 * over all that 8 bytes can be, so that keys look random although the next one is known. A value names its rank and a version and
 * is then a piece of a pool of bytes, every other 32 of which are random: a compressor halves it.
 *
 * <p>Thread-safe.
 */
public final class Records {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();

    /** Length of a key on average. */
    public static final int KEY_BYTES_MEAN = 20;

    private static final int KEY_BYTES_MIN = 16;
    private static final int KEY_LENGTHS = 9;
    private static final int VERSION_AT = Long.BYTES;
    private static final int BODY_AT = VERSION_AT + Integer.BYTES;
    private static final int POOL_BYTES = 4 << 20;
    private static final int RUN_BYTES = 32;
    private static final long ABSENT = 0x5bd1e9955bd1e995L;

    private final long stride;
    private final int valueBytesMin;
    private final int valueLengths;
    private final byte[] pool;

    /**
     * @param count ranks are below it
     * @param valueBytesMin shortest value, at least 12
     * @param valueBytesMax longest value; each length is as frequent as every other
     */
    public Records(long count, int valueBytesMin, int valueBytesMax) {
        this.stride = Long.divideUnsigned(-1L, count);
        this.valueBytesMin = valueBytesMin;
        this.valueLengths = valueBytesMax - valueBytesMin + 1;
        this.pool = new byte[POOL_BYTES + valueBytesMax];
        SplittableRandom random = new SplittableRandom(1);
        byte[] run = new byte[RUN_BYTES];
        for (int at = 0; at < pool.length; at += 2 * RUN_BYTES) {
            random.nextBytes(run);
            System.arraycopy(run, 0, pool, at, Math.min(RUN_BYTES, pool.length - at));
        }
    }

    /** The key of a rank. */
    public byte[] key(long rank) {
        return key(rank, mixed(rank));
    }

    /** A key that is never written, between that of a rank and its neighbours. */
    public byte[] absentKey(long rank) {
        return key(rank, mixed(rank ^ ABSENT));
    }

    private byte[] key(long rank, long mix) {
        byte[] key = new byte[KEY_BYTES_MIN + (int) Long.remainderUnsigned(mix >>> 32, KEY_LENGTHS)];
        LONG.set(key, 0, rank * stride + Long.remainderUnsigned(mix, stride));
        LONG.set(key, key.length - Long.BYTES, mixed(mix));
        LONG.set(key, Long.BYTES, mix);
        return key;
    }

    /** The rank of the key that a key is, or would be next to. */
    public long rank(byte[] key) {
        return Long.divideUnsigned((long) LONG.get(key, 0), stride);
    }

    /** The value of a record in a version. */
    public byte[] value(long rank, int version) {
        byte[] value = new byte[valueBytes(rank, version)];
        LONG.set(value, 0, rank);
        INT.set(value, VERSION_AT, version);
        System.arraycopy(pool, poolOffset(rank, version), value, BODY_AT, value.length - BODY_AT);
        return value;
    }

    /** Length of the value of a record in a version. */
    public int valueBytes(long rank, int version) {
        return valueBytesMin + (int) Long.remainderUnsigned(mixed(rank + version) >>> 32, valueLengths);
    }

    /** The version that a value names. */
    public static int version(byte[] value) {
        return value.length < BODY_AT ? -1 : (int) INT.get(value, VERSION_AT);
    }

    /** Whether these are, byte by byte, the value of a record in the version that it names. */
    public boolean isValue(long rank, byte[] value) {
        if (value.length < BODY_AT || (long) LONG.get(value, 0) != rank) {
            return false;
        }
        int version = version(value);
        int offset = poolOffset(rank, version);
        return value.length == valueBytes(rank, version)
                && Arrays.equals(value, BODY_AT, value.length, pool, offset, offset + value.length - BODY_AT);
    }

    private static int poolOffset(long rank, int version) {
        return (int) (mixed(rank * 31 + version) & (POOL_BYTES - 1));
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
    private static long mixed(long number) {
        long mix = number + 0x9e3779b97f4a7c15L;
        mix = (mix ^ mix >>> 30) * 0xbf58476d1ce4e5b9L;
        mix = (mix ^ mix >>> 27) * 0x94d049bb133111ebL;
        return mix ^ mix >>> 31;
    }
}
