package dev.varve.bench.engines;

/** A store that is filled and then used, in one process. */
enum Stage {
    SMALL(100, 1, 1),
    LARGE(1024, 1, 1),
    BATCHES(100, 1, 1),
    /** Many more keys than can be written in the time. */
    DURABLE(100, 8, 1),
    REOPEN(1024, 1, 2),
    /** Several times larger than the memory of the process. */
    LIMITED(1024, 2, 1);

    /** Memory of everything in the process of {@link #LIMITED}, and the pages of files besides. */
    static final int LIMIT_MEBIBYTES = 512;

    private final int valueBytes;
    private final int multiplier;
    private final int divisor;

    Stage(int valueBytes, int multiplier, int divisor) {
        this.valueBytes = valueBytes;
        this.multiplier = multiplier;
        this.divisor = divisor;
    }

    int valueBytes() {
        return valueBytes;
    }

    /** How many keys there are. */
    long keys(long keysOfOptions) {
        return Math.max(1, keysOfOptions * multiplier / divisor);
    }

    /** Heap of each process. Where memory is scarce an engine whose cache is there has more than others. */
    int heapMebibytes(Contender contender) {
        return this != LIMITED ? 1400 : contender == Contender.MVSTORE ? 256 : 160;
    }

    /** What the engine may keep in memory by itself. */
    int cacheMebibytes() {
        return this == LIMITED ? 96 : 512;
    }
}
