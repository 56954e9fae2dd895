package dev.varve.testkit;

import java.util.random.RandomGenerator;

/** Chooses bits to flip. */
final class Flips {

    private Flips() {}

    /** A bit of the bytes up to the last one that is not zero. */
    static long usedBit(byte[] bytes, RandomGenerator random) {
        int used = bytes.length;
        while (used > 1 && bytes[used - 1] == 0) {
            used--;
        }
        return random.nextLong(8L * used);
    }
}
