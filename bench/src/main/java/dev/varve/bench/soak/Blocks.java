package dev.varve.bench.soak;

/**
 * How the keys are shared out: a block of neighbouring ranks belongs to one writer. The first keys of a block are its group, which is
 * only ever written as a whole, by one batch, so that a range that shows a part of it is seen to be wrong.
 */
final class Blocks {

    static final int KEYS = 64;
    static final int GROUP_KEYS = 16;

    private Blocks() {}

    static long first(long block) {
        return block * KEYS;
    }
}
