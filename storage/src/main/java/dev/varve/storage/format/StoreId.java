package dev.varve.storage.format;

import java.util.random.RandomGenerator;

/**
 * The identity of a store: 128 random bits, drawn when it is founded and written into the header of each of its files, so
 * that a file of another store is never taken for one of this.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record StoreId(long high, long low) {

    /** Draws a new identity. */
    public static StoreId random(RandomGenerator random) {
        return new StoreId(random.nextLong(), random.nextLong());
    }

    @Override
    public String toString() {
        return String.format("%016x%016x", high, low);
    }
}
