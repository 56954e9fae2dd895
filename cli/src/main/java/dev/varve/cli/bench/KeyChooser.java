package dev.varve.cli.bench;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/** Chooses the numbers of keys. For one thread. */
abstract class KeyChooser {

    /** The number of the key for the next request, from 0 to below the number of keys. */
    abstract long next();

    /** The number of the key for the next write: for most distributions like any other. */
    long nextWrite() {
        return next();
    }

    /** A write of this key was acknowledged. */
    void written(long key) {}

    /**
     * A chooser.
     *
     * @param keys how many there are, at least 1
     */
    static KeyChooser of(KeyDistribution distribution, long keys, SplittableRandom random) {
        return switch (distribution) {
            case UNIFORM ->
                new KeyChooser() {
                    @Override
                    long next() {
                        return random.nextLong(keys);
                    }
                };
            case SEQUENTIAL ->
                new KeyChooser() {
                    private long last = -1;

                    @Override
                    long next() {
                        last = (last + 1) % keys;
                        return last;
                    }
                };
            case ZIPFIAN ->
                new KeyChooser() {
                    private final Zipf zipf = new Zipf(keys, random);

                    @Override
                    long next() {
                        return scatter(zipf.next()) % keys;
                    }
                };
            case LATEST -> new Latest(keys, random);
        };
    }

    /** Spreads ranks over the keys, so that the popular ones are not neighbours (the finalizer of MurmurHash3). */
    private static long scatter(long rank) {
        long hash = rank;
        hash ^= hash >>> 33;
        hash *= 0xFF51AFD7ED558CCDL;
        hash ^= hash >>> 33;
        hash *= 0xC4CEB9FE1A85EC53L;
        hash ^= hash >>> 33;
        return hash & Long.MAX_VALUE;
    }

    /** New keys are written at the end, and the newest are read most. */
    private static final class Latest extends KeyChooser {
        private final Zipf zipf;
        /** So many acknowledged writes may be ahead of one that is not: no generator has more clients. */
        private static final int AHEAD_MAX = 10_000;

        /** Acknowledged writes behind the first one that is not. */
        private final Set<Long> ahead = new HashSet<>();

        private long newest;
        private long lastWritten;

        Latest(long keys, SplittableRandom random) {
            this.zipf = new Zipf(keys, random);
            this.newest = keys - 1;
            this.lastWritten = keys - 1;
        }

        @Override
        long next() {
            return newest - zipf.next();
        }

        @Override
        long nextWrite() {
            return ++lastWritten;
        }

        @Override
        void written(long key) {
            // Answers overtake each other: a key that is read must be there, so the newest grows one by one.
            if (ahead.size() < AHEAD_MAX) {
                ahead.add(key);
            }
            while (ahead.remove(newest + 1)) {
                newest++;
            }
        }
    }

    /**
     * Ranks whose probability falls with the power 0.99 of the rank, by the approximation of J. Gray et al., "Quickly
     * Generating Billion-Record Synthetic Databases" (SIGMOD 1994), section 3.2, as YCSB uses it.
     */
    static final class Zipf {
        private static final double THETA = 0.99;
        /** From this rank on the sum is taken as an integral, which is exact to 1 in 10^6 there. */
        private static final int EXACT_TERMS = 1_000_000;

        private final long count;
        private final SplittableRandom random;
        private final double zeta;
        private final double alpha = 1 / (1 - THETA);
        private final double eta;

        Zipf(long count, SplittableRandom random) {
            this.count = count;
            this.random = random;
            this.zeta = zeta(count);
            this.eta = (1 - Math.pow(2.0 / count, 1 - THETA)) / (1 - zeta(2) / zeta);
        }

        private static double zeta(long terms) {
            double sum = 0;
            for (int i = 1; i <= Math.min(terms, EXACT_TERMS); i++) {
                sum += 1 / Math.pow(i, THETA);
            }
            if (terms > EXACT_TERMS) {
                sum += (Math.pow((double) terms, 1 - THETA) - Math.pow(EXACT_TERMS, 1 - THETA)) / (1 - THETA);
            }
            return sum;
        }

        /** A rank from 0, the most frequent, to below the count. */
        long next() {
            double uniform = random.nextDouble();
            double scaled = uniform * zeta;
            if (scaled < 1 || count == 1) {
                return 0;
            }
            if (scaled < 1 + Math.pow(0.5, THETA)) {
                return 1;
            }
            return Math.min(count - 1, (long) (count * Math.pow(eta * uniform - eta + 1, alpha)));
        }
    }
}
