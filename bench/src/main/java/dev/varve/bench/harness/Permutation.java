package dev.varve.bench.harness;

/**
 * A bijection of the numbers below a bound that looks random and needs no memory: an invertible mix of as many bits as the bound
 * has, applied until the result is below it (cycle walking).
 */
public final class Permutation {

    private static final long FIRST = 0x9e3779b97f4a7c15L;
    private static final long SECOND = 0xd1342543de82ef95L;
    private static final long FIRST_INVERSE = inverseOf(FIRST);
    private static final long SECOND_INVERSE = inverseOf(SECOND);

    private final long count;
    private final long mask;
    private final int shift;

    /** Of the numbers from 0 to {@code count - 1}. */
    public Permutation(long count) {
        int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(count - 1));
        this.count = count;
        this.mask = -1L >>> (Long.SIZE - bits);
        this.shift = (bits + 1) / 2;
    }

    /** Where a number goes. */
    public long apply(long number) {
        long result = number;
        do {
            result = folded(result);
            result = folded(result * FIRST & mask);
            result = folded(result * SECOND & mask);
        } while (result >= count);
        return result;
    }

    /** The number that goes there. */
    public long inverse(long place) {
        long result = place;
        do {
            result = folded(result) * SECOND_INVERSE & mask;
            result = folded(result) * FIRST_INVERSE & mask;
            result = folded(result);
        } while (result >= count);
        return result;
    }

    /** Its own inverse, since the shift is at least half of the bits. */
    private long folded(long number) {
        return number ^ number >>> shift;
    }

    /** Modulo 2^64, of an odd number, by Newton's iteration: each step doubles the correct bits, beginning with three. */
    private static long inverseOf(long odd) {
        long inverse = odd;
        for (int bits = 3; bits < Long.SIZE; bits *= 2) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }
}
