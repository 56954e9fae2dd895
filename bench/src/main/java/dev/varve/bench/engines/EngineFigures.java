package dev.varve.bench.engines;

/** Names of what is measured beside rates and latencies. */
final class EngineFigures {

    /** Device bytes written for a byte of keys and values. */
    static final String WRITE_AMPLIFICATION = "writeAmplification";

    /** Bytes allocated on the disk for a byte of keys and values that are there. */
    static final String SPACE_AMPLIFICATION = "spaceAmplification";

    /** How long the store went on writing by itself. */
    static final String REST_SECONDS = "restSeconds";

    /** Most that the process has had in memory so far, without the pages of files. */
    static final String MEMORY_MEBIBYTES = "memoryMebibytes";

    static final String WRITES_PER_SECOND = "writesPerSecond";
    static final String WRITES_P999_MICROS = "writesP999Micros";
    static final String OPEN_MILLIS = "openMillis";
    static final String FIRST_READ_MILLIS = "firstReadMillis";

    /** Keys that had been written before the process was killed, and were not there afterwards. */
    static final String LOST = "lost";

    private EngineFigures() {}
}
