package dev.varve.bench.engines;

import dev.varve.bench.harness.Permutation;
import dev.varve.bench.harness.Records;
import java.util.Arrays;

/**
 * The keys of a store: the first so many of an order in which they are written. Which ones there are is known without
 * remembering them, and so is what a scan must give. Not thread-safe while it grows.
 */
final class KeySet {

    private final Records records;
    private final long capacity;
    private final Permutation order;
    private final boolean sorted;
    private long size;

    /**
     * @param capacity it has no more keys
     * @param sorted whether they are written in their order; otherwise in one that looks random
     */
    KeySet(Records records, long capacity, boolean sorted) {
        this.records = records;
        this.capacity = capacity;
        this.order = new Permutation(capacity);
        this.sorted = sorted;
    }

    long capacity() {
        return capacity;
    }

    /** How many keys were written. */
    long size() {
        return size;
    }

    /** So many keys were written. */
    void grow(long newSize) {
        size = Math.min(capacity, newSize);
    }

    /** The rank of the key that is the n-th to be written. */
    long rank(long number) {
        return sorted ? number : order.apply(number);
    }

    private boolean contains(long rank) {
        return size == capacity || (sorted ? rank : order.inverse(rank)) < size;
    }

    /** Checks a scan: from the key of a rank on every key that there is must be visited, with a value that was written. */
    Expectation scanFrom(long rank) {
        return new Expectation(rank);
    }

    /** Throws if a read did not give a value that was written for the key. */
    void check(long rank, byte[] value) {
        if (!records.isValue(rank, value)) {
            throw new WrongAnswerException("the value of key " + rank + " is not one that was written: " + value.length
                    + " bytes, version " + Records.version(value));
        }
    }

    /** Follows one scan. */
    final class Expectation implements Engine.Visitor {

        private long next;

        private Expectation(long first) {
            next = first;
            skipAbsent();
        }

        private void skipAbsent() {
            while (next < capacity && !contains(next)) {
                next++;
            }
        }

        @Override
        public void entry(byte[] key, byte[] value) {
            if (next >= capacity || !Arrays.equals(key, records.key(next))) {
                throw new WrongAnswerException("a scan gives key " + records.rank(key) + " where " + next + " follows");
            }
            check(next, value);
            next++;
            skipAbsent();
        }

        /** Throws if the scan ended although there are more keys. */
        void ended(int visited, int asked) {
            if (visited < asked && next < capacity) {
                throw new WrongAnswerException(
                        "a scan of " + asked + " ends after " + visited + " keys, before key " + next);
            }
        }
    }
}
