package dev.varve.bench.soak;

/** Names of what is sampled. */
final class SoakFigures {

    static final String READS_PER_SECOND = "readsPerSecond";
    static final String READ_P50_MICROS = "readP50Micros";
    static final String READ_P99_MICROS = "readP99Micros";
    static final String READ_P999_MICROS = "readP999Micros";
    static final String WRITES_PER_SECOND = "writesPerSecond";
    static final String WRITE_P50_MICROS = "writeP50Micros";
    static final String WRITE_P99_MICROS = "writeP99Micros";
    static final String WRITE_P999_MICROS = "writeP999Micros";
    static final String FLUSH_DELAY_MILLIS = "flushDelayMillis";
    static final String MERGE_DELAY_MILLIS = "mergeDelayMillis";
    static final String SPACE_DELAY_MILLIS = "spaceDelayMillis";
    static final String HEAP_MEBIBYTES = "heapMebibytes";
    static final String MEMORY_MEBIBYTES = "memoryMebibytes";
    static final String DISK_MEBIBYTES = "diskMebibytes";
    static final String LIVE_MEBIBYTES = "liveMebibytes";

    private SoakFigures() {}
}
